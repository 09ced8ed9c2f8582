#pragma once
// send: offers files, or a text, to contacts and stays until all of them have it, verified.
// Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"
#include "app/cli/commands/delivery.h"
#include "app/cli/transfer_control.h"
#include "app/cli/transfer_reporter.h"

#include <vector>

namespace postern::cli {

class SendCommand : public Command {
    Q_OBJECT

public:
    SendCommand(Engine &engine, Console &console, SendArguments arguments);
    ~SendCommand() override;
    void start() override;
    void interrupt() override; ///< cancels, tells the other side, then ends

    /// How long telling the other side of a cancel may take.
    static constexpr auto CANCEL_PATIENCE = 3s;

protected:
    using Command::fail;
    void fail(const Error &error, ExitCode code) override; ///< as an event too, with --json

private:
    void takeFromQueue();
    void prepare();
    Result<void> prepareText();
    Result<void> preparePaths();
    void deliver();
    void add(const QString &contact);
    void failedFor(const QString &contact, const Error &error);
    void deliveryEnded();
    bool owns(const TransferId &id) const;

    SendArguments m_arguments;
    std::unique_ptr<TransferReporter> m_reporter;
    std::unique_ptr<TransferControl> m_control;
    std::vector<std::unique_ptr<Delivery>> m_deliveries;
    bool m_starting = false; ///< not all have begun: the first to end does not end the command
    bool m_interrupted = false;
};

} // namespace postern::cli
