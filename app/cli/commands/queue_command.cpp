#include "app/cli/commands/queue_command.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <algorithm>

namespace postern::cli {

namespace {

constexpr int WIDEST_NAME = 40;
constexpr int NUMBER_DIGITS = 8;

QString stateText(const QueuedSend &send)
{
    if (send.busy)
        return Cli::tr("in the hands of another Postern");
    switch (send.state) {
    case QueuedSend::State::Paused: return Cli::tr("paused");
    case QueuedSend::State::CutOff: return Cli::tr("cut off");
    case QueuedSend::State::Failed: return Cli::tr("failed: %1").arg(plainText(send.problem));
    case QueuedSend::State::Waiting: break;
    }
    return Cli::tr("waits");
}

} // namespace

Result<QueuedSend> findQueued(const QList<QueuedSend> &queue, const QString &number)
{
    QList<QueuedSend> found;
    std::copy_if(queue.begin(), queue.end(), std::back_inserter(found), [&](const auto &send) {
        return send.id.toHex().startsWith(number, Qt::CaseInsensitive);
    });
    if (found.size() == 1)
        return found.first();
    return Error{
        ErrorCode::NotFound,
        found.isEmpty()
            ? Cli::tr("There is no %1 in the queue; see \"postern-cli queue list\".").arg(number)
            : Cli::tr("There are several in the queue that begin with %1; give more of "
                      "its number.")
                  .arg(number)};
}

QString queueLine(const QueuedSend &send)
{
    return QStringLiteral("%1  %2  %3  %4")
        .arg(send.id.toHex().first(NUMBER_DIGITS), Cli::tr("to %1").arg(plainText(send.contact)),
             elided(plainText(send.title), WIDEST_NAME), stateText(send));
}

QueueCommand::QueueCommand(Engine &engine, Console &console, QueueArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void QueueCommand::start()
{
    engine().listQueue(this, [this](const Result<QList<QueuedSend>> &queue) {
        if (!queue) {
            fail(queue.error(), Stage::Sending);
            return;
        }
        if (m_arguments.action == QueueAction::List) {
            list(*queue);
            return;
        }
        const auto found = findQueued(*queue, m_arguments.number);
        if (found)
            change(*found);
        else
            fail(found.error(), Stage::Sending);
    });
}

void QueueCommand::list(const QList<QueuedSend> &queue)
{
    for (const auto &send : queue)
        console().print(m_arguments.json ? jsonLine(queueObject(send)) : queueLine(send));
    if (queue.isEmpty() && !m_arguments.json)
        console().print(Cli::tr("Nothing waits to be sent."));
    finish(ExitCode::Done);
}

void QueueCommand::change(const QueuedSend &send)
{
    const QString title = plainText(send.title);
    if (m_arguments.action == QueueAction::Move)
        engine().moveInQueue(send.id, m_arguments.place, this,
                             saying(Cli::tr("%1 has another place now.").arg(title)));
    else
        engine().dropFromQueue(send.id, this, saying(Cli::tr("%1 will not be sent.").arg(title)));
}

Engine::Done QueueCommand::saying(const QString &sentence)
{
    return [this, sentence](const Result<void> &done) {
        if (!done) {
            fail(done.error(), Stage::Sending);
            return;
        }
        console().print(sentence);
        finish(ExitCode::Done);
    };
}

} // namespace postern::cli
