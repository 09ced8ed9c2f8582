#include "app/cli/commands/send_command.h"

#include "app/cli/commands/queue_command.h"
#include "app/cli/json_events.h"
#include "app/cli/json_reporter.h"
#include "app/cli/progress_printer.h"
#include "app/cli/terminal_text.h"
#include "app/cli/text_input.h"
#include "app/cli/translation.h"

#include <QDir>
#include <QFileInfo>

#include <algorithm>

namespace postern::cli {

SendCommand::SendCommand(Engine &engine, Console &console, SendArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
    if (m_arguments.run.json)
        m_reporter = std::make_unique<JsonReporter>(console);
    else
        m_reporter = std::make_unique<ProgressPrinter>(console);
    m_control = std::make_unique<TransferControl>(
        engine, console, m_arguments.run, [this](const TransferId &id) { return owns(id); });
    connect(&engine, &Engine::transferChanged, this, [this](const TransferInfo &transfer) {
        if (isOver())
            return;
        for (const auto &delivery : m_deliveries)
            delivery->update(transfer);
    });
    connect(&engine, &Engine::searchEnded, this, [this](const SearchInfo &search) {
        const auto isTo = [&](const auto &delivery) {
            return delivery->contact() == search.contact;
        };
        if (!isOver() && std::any_of(m_deliveries.begin(), m_deliveries.end(), isTo))
            m_reporter->report(search);
    });
}

SendCommand::~SendCommand() = default;

void SendCommand::start()
{
    if (m_arguments.queued.isEmpty())
        prepare();
    else
        takeFromQueue();
}

/// What was to be sent, and to whom, is what the queue remembers.
void SendCommand::takeFromQueue()
{
    engine().listQueue(this, [this](const Result<QList<QueuedSend>> &queue) {
        const auto send = queue ? findQueued(*queue, m_arguments.queued) : queue.error();
        if (!send) {
            fail(send.error(), Stage::Sending);
            return;
        }
        if (send->busy) {
            fail({ErrorCode::Unavailable,
                  Cli::tr("Another Postern of this profile works on it; try it again there, or "
                          "end that one first.")},
                 Stage::Sending);
            return;
        }
        auto &request = m_arguments.request;
        request.queued = send->id;
        request.paths = send->paths;
        request.text = send->text;
        request.device = send->device;
        request.bytesPerSecond = send->bytesPerSecond;
        m_arguments.contacts = {send->contact};
        prepare();
    });
}

void SendCommand::prepare()
{
    const bool isText = m_arguments.request.paths.isEmpty();
    if (const auto ready = isText ? prepareText() : preparePaths(); !ready) {
        fail(ready.error(), Stage::Sending);
        return;
    }
    connectThen([this] { deliver(); });
}

Result<void> SendCommand::prepareText()
{
    if (m_arguments.textFile.isEmpty())
        return checkText(m_arguments.request.text);
    const auto text = readText(m_arguments.textFile, console());
    if (!text)
        return text.error();
    m_arguments.request.text = *text;
    return {};
}

Result<void> SendCommand::preparePaths()
{
    for (auto &path : m_arguments.request.paths) {
        const QFileInfo info(path);
        if (!info.exists())
            return Error{ErrorCode::FileNotFound,
                         Cli::tr("There is no %1; check the name and send again.").arg(path)};
        if (!info.isReadable())
            return Error{
                ErrorCode::FileNotReadable,
                Cli::tr("You may not read %1; change its permissions or send something else.")
                    .arg(path)};
        if (m_arguments.queued.isEmpty()) // the queue's may say which folders to keep
            path = QDir::cleanPath(info.absoluteFilePath());
    }
    return {};
}

void SendCommand::deliver()
{
    if (m_arguments.contacts.isEmpty())
        m_arguments.contacts << engine().session().account.user;
    m_starting = true;
    m_control->start();
    for (const auto &contact : std::as_const(m_arguments.contacts))
        add(contact);
    for (const auto &delivery : m_deliveries)
        delivery->start();
    m_starting = false;
    m_control->setRunning(true);
    deliveryEnded();
}

void SendCommand::add(const QString &contact)
{
    auto request = m_arguments.request;
    request.contact = contact;
    auto delivery =
        std::make_unique<Delivery>(engine(), *m_reporter, std::move(request), m_arguments.device);
    connect(
        delivery.get(), &Delivery::failed, this,
        [this, made = delivery.get()](const Error &error) { failedFor(made->contact(), error); });
    connect(delivery.get(), &Delivery::ended, this, &SendCommand::deliveryEnded);
    m_deliveries.push_back(std::move(delivery));
}

void SendCommand::failedFor(const QString &contact, const Error &error)
{
    if (m_arguments.run.json)
        console().print(jsonLine(failedEvent(error, contact)));
    console().warn(plainText(error.message));
}

void SendCommand::deliveryEnded()
{
    const auto over = [](const auto &delivery) { return delivery->isOver(); };
    if (m_starting || !std::all_of(m_deliveries.begin(), m_deliveries.end(), over))
        return;
    m_control->setRunning(false);
    auto worst = ExitCode::Done;
    for (const auto &delivery : m_deliveries)
        worst = std::max(worst, delivery->code());
    finish(m_interrupted && worst != ExitCode::Done ? ExitCode::Interrupted : worst);
}

bool SendCommand::owns(const TransferId &id) const
{
    return std::any_of(m_deliveries.begin(), m_deliveries.end(),
                       [&id](const auto &delivery) { return delivery->transfer() == id; });
}

void SendCommand::interrupt()
{
    m_interrupted = true;
    if (m_deliveries.empty()) {
        finish(ExitCode::Interrupted);
        return;
    }
    QTimer::singleShot(CANCEL_PATIENCE, this, [this] { finish(ExitCode::Interrupted); });
    for (const auto &delivery : m_deliveries)
        delivery->cancel();
}

void SendCommand::fail(const Error &error, ExitCode code)
{
    if (m_arguments.run.json && !isOver())
        console().print(jsonLine(failedEvent(error)));
    Command::fail(error, code);
}

} // namespace postern::cli
