#include "app/cli/commands/receive_command.h"

#include "app/cli/json_events.h"
#include "app/cli/json_reporter.h"
#include "app/cli/progress_printer.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <QDir>
#include <QFileInfo>

namespace postern::cli {

namespace {

constexpr auto CANCEL_PATIENCE = 3s;
/// A late word about a transfer that ended must not tell it anew; a process that receives for
/// years must not remember all of them.
constexpr qsizetype ENDED_REMEMBERED = 1000;

} // namespace

ReceiveCommand::ReceiveCommand(Engine &engine, Console &console, ReceiveArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
    , m_prompt(console, [this](const TransferId &id, bool accept) { decided(id, accept); })
{
    if (m_arguments.json)
        m_reporter = std::make_unique<JsonReporter>(console);
    else
        m_reporter = std::make_unique<ProgressPrinter>(console);
    connect(&engine, &Engine::offerReceived, this, &ReceiveCommand::offered);
    connect(&engine, &Engine::offerWithdrawn, this,
            [this](const TransferId &id) { m_prompt.withdraw(id); });
    connect(&engine, &Engine::transferChanged, this, &ReceiveCommand::update);
    connect(&engine, &Engine::sessionChanged, this, &ReceiveCommand::sessionChanged);
}

void ReceiveCommand::start()
{
    if (m_arguments.options.accept == AcceptPolicy::Ask && !console().canAsk()) {
        fail({ErrorCode::InvalidArgument,
              Cli::tr("There is no terminal to ask on; use --accept contacts to take what your "
                      "contacts send, or --accept none.")},
             ExitCode::Usage);
        return;
    }
    if (const auto ready = prepareFolder(); !ready) {
        fail(ready.error(), Stage::Receiving);
        return;
    }
    connectThen([this] { takeOffers(); });
}

Result<void> ReceiveCommand::prepareFolder()
{
    auto &into = m_arguments.options.into;
    into = QDir(into).absolutePath();
    const QFileInfo info(into);
    if (info.exists() && !info.isDir())
        return Error{ErrorCode::FileNotWritable,
                     Cli::tr("%1 is not a folder; choose another one.").arg(into)};
    if (!info.exists() && !QDir().mkpath(into))
        return Error{ErrorCode::FileNotWritable,
                     Cli::tr("The folder %1 can't be made; choose another one.").arg(into)};
    if (!QFileInfo(into).isWritable())
        return Error{
            ErrorCode::FileNotWritable,
            Cli::tr("You may not write into %1; change its permissions or choose another folder.")
                .arg(into)};
    return {};
}

void ReceiveCommand::takeOffers()
{
    m_taking = true;
    if (!m_arguments.json)
        console().print(Cli::tr("Receiving into %1 as %2; Ctrl+C ends it.")
                            .arg(plainText(m_arguments.options.into),
                                 plainText(engine().session().account.user)));
    engine().setReceiving(m_arguments.options);
}

void ReceiveCommand::offered(const OfferInfo &offer)
{
    TransferInfo transfer;
    transfer.id = offer.id;
    transfer.direction = Direction::Receiving;
    transfer.state = TransferState::Offered;
    transfer.contact = offer.contact;
    transfer.title = offer.title;
    transfer.files = offer.files;
    transfer.totalBytes = offer.bytes;
    // To a person the prompt says it, and more.
    for (const auto step : m_stories[offer.id].update(transfer))
        if (m_arguments.json)
            m_reporter->report(step, transfer, monotonicNow());
    m_running.insert(offer.id);
    m_prompt.add(offer);
}

void ReceiveCommand::decided(const TransferId &id, bool accept)
{
    if (accept)
        engine().acceptOffer(id);
    else
        engine().declineOffer(id);
}

void ReceiveCommand::update(const TransferInfo &transfer)
{
    if (isOver() || !m_taking || transfer.direction != Direction::Receiving)
        return;
    auto &story = m_stories[transfer.id];
    if (story.ended())
        return;
    m_running.insert(transfer.id);
    for (const auto step : story.update(transfer))
        m_reporter->report(step, transfer, monotonicNow());
    if (story.ended())
        transferEnded(transfer);
}

void ReceiveCommand::transferEnded(const TransferInfo &transfer)
{
    m_running.remove(transfer.id);
    m_prompt.withdraw(transfer.id);
    m_remembered << transfer.id;
    if (m_remembered.size() > ENDED_REMEMBERED)
        m_stories.remove(m_remembered.takeFirst());
    ++m_ended;
    if (const auto code = exitCodeFor(transfer); code != ExitCode::Done)
        m_lastFailure = code;
    if (m_interrupted && m_running.isEmpty())
        finish(ExitCode::Interrupted);
    else if (m_arguments.count > 0 && m_ended >= m_arguments.count)
        finish(m_lastFailure);
}

void ReceiveCommand::sessionChanged(const SessionInfo &session)
{
    if (!m_taking || isOver())
        return;
    if (session.state == SessionState::Refused) {
        fail(session.problem.value_or(
                 Error{ErrorCode::SignInRefused,
                       Cli::tr("The server refuses this device now; sign in again.")}),
             ExitCode::SignInRefused);
        return;
    }
    const bool lost = session.state == SessionState::Reconnecting;
    if (lost && !m_connectionLost)
        console().warn(Cli::tr("The connection to the server was lost; it is being tried again."));
    if (session.state == SessionState::Online && m_connectionLost)
        console().warn(Cli::tr("The server is back."));
    m_connectionLost = lost || (m_connectionLost && session.state != SessionState::Online);
}

void ReceiveCommand::interrupt()
{
    engine().setReceiving(std::nullopt);
    if (m_running.isEmpty()) {
        // Without --count, an interrupt is how receiving ends.
        finish(m_taking && m_arguments.count == 0 ? ExitCode::Done : ExitCode::Interrupted);
        return;
    }
    m_interrupted = true;
    QTimer::singleShot(CANCEL_PATIENCE, this, [this] { finish(ExitCode::Interrupted); });
    const auto running = m_running;
    for (const auto &id : running)
        engine().cancelTransfer(id);
}

void ReceiveCommand::fail(const Error &error, ExitCode code)
{
    if (m_arguments.json && !isOver())
        console().print(jsonLine(failedEvent(error)));
    Command::fail(error, code);
}

} // namespace postern::cli
