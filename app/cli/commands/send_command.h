#pragma once
// send: offers files to one contact and stays until they are delivered and verified.
// Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"
#include "app/cli/transfer_reporter.h"

namespace postern::cli {

class SendCommand : public Command {
    Q_OBJECT

public:
    SendCommand(Engine &engine, Console &console, SendArguments arguments);
    void start() override;
    void interrupt() override; ///< cancels, tells the other side, then ends

    /// A contact that came online this very moment is shown within a second of it; twice
    /// that, and it is offline.
    static constexpr auto PRESENCE_PATIENCE = 2s;
    /// How long telling the other side of a cancel may take.
    static constexpr auto CANCEL_PATIENCE = 3s;

protected:
    using Command::fail;
    void fail(const Error &error, ExitCode code) override; ///< as an event too, with --json

private:
    bool pathsAreReadable();
    void sendIfContactIsThere();
    void contactIsNotThere();
    void update(const TransferInfo &transfer);

    SendArguments m_arguments;
    std::unique_ptr<TransferReporter> m_reporter;
    TransferStory m_story;
    std::optional<TransferId> m_transfer;
    QTimer m_presence;
    bool m_awaitingContact = false;
    bool m_interrupted = false;
};

} // namespace postern::cli
