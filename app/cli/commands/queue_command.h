#pragma once
// queue: the sends that wait, were cut off or failed, as the profile remembers them. Needs no
// network; to send one of them again is a send (send_command.h). Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

/// The only one whose number begins so.
Result<QueuedSend> findQueued(const QList<QueuedSend> &queue, const QString &number);
/// One line of the list.
QString queueLine(const QueuedSend &send);

class QueueCommand : public Command {
    Q_OBJECT

public:
    QueueCommand(Engine &engine, Console &console, QueueArguments arguments);
    void start() override;

private:
    void list(const QList<QueuedSend> &queue);
    void change(const QueuedSend &send);
    Engine::Done saying(const QString &sentence);

    QueueArguments m_arguments;
};

} // namespace postern::cli
