#pragma once
// receive: takes offers into a folder until interrupted, or until --count transfers are over.
// Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"
#include "app/cli/commands/offer_prompt.h"
#include "app/cli/transfer_control.h"
#include "app/cli/transfer_reporter.h"

#include <QHash>
#include <QSet>

namespace postern::cli {

class ReceiveCommand : public Command {
    Q_OBJECT

public:
    ReceiveCommand(Engine &engine, Console &console, ReceiveArguments arguments);
    void start() override;
    void interrupt() override; ///< cancels what runs, tells the other side, then ends

protected:
    using Command::fail;
    void fail(const Error &error, ExitCode code) override; ///< as an event too, with --json

private:
    void takeOffers();
    void offered(const OfferInfo &offer);
    void decide(const OfferInfo &offer);
    void decided(const TransferId &id, const std::optional<AcceptTerms> &terms);
    void withdraw(const TransferId &id);
    bool owns(const TransferId &id) const;
    void update(const TransferInfo &transfer);
    void transferEnded(const TransferInfo &transfer);
    void sessionChanged(const SessionInfo &session);

    ReceiveArguments m_arguments;
    std::unique_ptr<TransferReporter> m_reporter;
    OfferPrompt m_prompt;
    TransferControl m_control;
    QHash<TransferId, TransferStory> m_stories;
    QSet<TransferId> m_running;
    QList<TransferId> m_remembered; ///< ended, in order; their stories are kept for a while
    int m_ended = 0;
    ExitCode m_lastFailure = ExitCode::Done;
    bool m_taking = false;
    bool m_connectionLost = false;
    bool m_interrupted = false;
};

} // namespace postern::cli
