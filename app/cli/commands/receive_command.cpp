#include "app/cli/commands/receive_command.h"

#include "app/cli/json_events.h"
#include "app/cli/json_reporter.h"
#include "app/cli/progress_printer.h"
#include "app/cli/target_folder.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

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
    , m_prompt(console,
               [this](const TransferId &id, const std::optional<AcceptTerms> &terms) {
                   decided(id, terms);
               })
    , m_control(
          engine, console, m_arguments.run, [this](const TransferId &id) { return owns(id); },
          [this](const TransferId &id, const std::optional<AcceptTerms> &terms) {
              decided(id, terms);
          })
{
    if (m_arguments.run.json)
        m_reporter = std::make_unique<JsonReporter>(console);
    else
        m_reporter = std::make_unique<ProgressPrinter>(console);
    connect(&engine, &Engine::offerReceived, this, &ReceiveCommand::offered);
    connect(&engine, &Engine::offerWithdrawn, this, &ReceiveCommand::withdraw);
    connect(&engine, &Engine::transferChanged, this, &ReceiveCommand::update);
    connect(&engine, &Engine::searchEnded, this,
            [this](const SearchInfo &search) { m_reporter->report(search); });
    connect(&engine, &Engine::sessionChanged, this, &ReceiveCommand::sessionChanged);
}

void ReceiveCommand::start()
{
    const bool canDecide = m_arguments.run.control || console().canAsk();
    if (m_arguments.options.accept == AcceptPolicy::Ask && !canDecide) {
        fail({ErrorCode::InvalidArgument,
              Cli::tr("There is no terminal to ask on; use --accept contacts to take what your "
                      "contacts send, --control to decide by lines, or --accept none.")},
             ExitCode::Usage);
        return;
    }
    const auto into = targetFolder(m_arguments.options.into);
    if (!into) {
        fail(into.error(), Stage::Receiving);
        return;
    }
    m_arguments.options.into = *into;
    connectThen([this] { takeOffers(); });
}

void ReceiveCommand::takeOffers()
{
    m_taking = true;
    if (!m_arguments.run.json)
        console().print(Cli::tr("Receiving into %1 as %2; Ctrl+C ends it.")
                            .arg(plainText(m_arguments.options.into),
                                 plainText(engine().session().account.user)));
    m_control.start();
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
    transfer.text = offer.text;
    auto &story = m_stories[offer.id];
    if (story.ended())
        story = {}; // the sender tries it again
    // To a person the description says it, and more.
    if (story.update(transfer).contains(TransferStep::Offered) && m_arguments.run.json)
        console().print(jsonLine(offerEvent(offer, transfer)));
    m_running.insert(offer.id);
    decide(offer);
}

void ReceiveCommand::decide(const OfferInfo &offer)
{
    if (!m_arguments.run.control && console().canAsk()) {
        m_prompt.add(offer);
        return;
    }
    if (!m_arguments.run.json)
        for (const auto &line :
             offerDescription(offer, console().columns(), OfferPrompt::ENTRIES_AT_FIRST))
            console().print(line);
    if (m_arguments.run.control) {
        m_control.addOffer(offer);
        return;
    }
    // A contact's rule asks, where nobody can be asked.
    console().warn(Cli::tr("There is no terminal to ask on, so what %1 sends was declined; change "
                           "the rule with \"postern-cli contacts rule\", or use --control.")
                       .arg(plainText(offer.contact)));
    decided(offer.id, std::nullopt);
}

void ReceiveCommand::decided(const TransferId &id, const std::optional<AcceptTerms> &terms)
{
    if (terms)
        engine().acceptOffer(id, *terms);
    else
        engine().declineOffer(id);
}

void ReceiveCommand::withdraw(const TransferId &id)
{
    m_prompt.withdraw(id);
    m_control.withdraw(id);
}

bool ReceiveCommand::owns(const TransferId &id) const { return m_stories.contains(id); }

void ReceiveCommand::update(const TransferInfo &transfer)
{
    if (isOver() || !m_taking || transfer.direction != Direction::Receiving)
        return;
    auto &story = m_stories[transfer.id];
    if (transfer.state == TransferState::Offered) {
        // Told by offered(), with all that is in it, or along with the yes of a rule.
        if (story.ended())
            story = {}; // the sender tries it again
        m_running.insert(transfer.id);
        return;
    }
    if (story.ended())
        return;
    m_running.insert(transfer.id);
    for (const auto step : story.update(transfer))
        m_reporter->report(step, transfer, monotonicNow());
    m_control.setRunning(true);
    if (story.ended())
        transferEnded(transfer);
}

void ReceiveCommand::transferEnded(const TransferInfo &transfer)
{
    m_running.remove(transfer.id);
    withdraw(transfer.id);
    if (m_running.isEmpty())
        m_control.setRunning(false);
    m_remembered.removeOne(transfer.id);
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
    if (m_arguments.run.json && !isOver())
        console().print(jsonLine(failedEvent(error)));
    Command::fail(error, code);
}

} // namespace postern::cli
