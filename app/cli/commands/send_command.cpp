#include "app/cli/commands/send_command.h"

#include "app/cli/commands/contact_lookup.h"
#include "app/cli/json_events.h"
#include "app/cli/json_reporter.h"
#include "app/cli/progress_printer.h"
#include "app/cli/translation.h"

#include <QFileInfo>

namespace postern::cli {

SendCommand::SendCommand(Engine &engine, Console &console, SendArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
    if (m_arguments.json)
        m_reporter = std::make_unique<JsonReporter>(console);
    else
        m_reporter = std::make_unique<ProgressPrinter>(console);
    m_presence.setSingleShot(true);
    connect(&m_presence, &QTimer::timeout, this, &SendCommand::contactIsNotThere);
    connect(&engine, &Engine::contactsChanged, this, [this] {
        if (m_awaitingContact)
            sendIfContactIsThere();
    });
    connect(&engine, &Engine::transferChanged, this, &SendCommand::update);
}

void SendCommand::start()
{
    if (!pathsAreReadable())
        return;
    connectThen([this] {
        m_awaitingContact = true;
        m_presence.start(PRESENCE_PATIENCE);
        sendIfContactIsThere();
    });
}

bool SendCommand::pathsAreReadable()
{
    for (auto &path : m_arguments.request.paths) {
        const QFileInfo info(path);
        if (!info.exists()) {
            fail({ErrorCode::FileNotFound,
                  Cli::tr("There is no %1; check the name and send again.").arg(path)},
                 Stage::Sending);
            return false;
        }
        if (!info.isReadable()) {
            fail({ErrorCode::FileNotReadable,
                  Cli::tr("You may not read %1; change its permissions or send something else.")
                      .arg(path)},
                 Stage::Sending);
            return false;
        }
        path = info.absoluteFilePath();
    }
    return true;
}

void SendCommand::sendIfContactIsThere()
{
    const auto contact = findContact(engine(), m_arguments.request.contact);
    if (!contact || !canReceive(*contact))
        return;
    m_awaitingContact = false;
    m_presence.stop();
    m_arguments.request.contact = contact->name;
    m_transfer = engine().send(m_arguments.request);
    // Whatever was said before the number was known.
    for (const auto &transfer : engine().transfers())
        if (transfer.id == *m_transfer)
            update(transfer);
}

void SendCommand::contactIsNotThere()
{
    m_awaitingContact = false;
    const auto contact = findContact(engine(), m_arguments.request.contact);
    if (!contact) {
        fail(contact.error(), Stage::Sending);
        return;
    }
    const auto ready = canReceive(*contact);
    if (m_transfer)
        engine().cancelTransfer(*m_transfer);
    fail(ready ? Error{ErrorCode::PeerOffline,
                       Cli::tr("%1 went offline; try again when they are back.").arg(contact->name)}
               : ready.error(),
         Stage::Sending);
}

void SendCommand::update(const TransferInfo &transfer)
{
    if (isOver() || m_transfer != transfer.id)
        return;
    if (transfer.state == TransferState::WaitingForContact) {
        if (!m_presence.isActive())
            m_presence.start(PRESENCE_PATIENCE);
    } else {
        m_presence.stop();
    }
    for (const auto step : m_story.update(transfer))
        m_reporter->report(step, transfer, monotonicNow());
    if (!m_story.ended())
        return;
    finish(m_interrupted && transfer.state != TransferState::Delivered ? ExitCode::Interrupted
                                                                       : exitCodeFor(transfer));
}

void SendCommand::interrupt()
{
    if (!m_transfer) {
        finish(ExitCode::Interrupted);
        return;
    }
    m_interrupted = true;
    QTimer::singleShot(CANCEL_PATIENCE, this, [this] { finish(ExitCode::Interrupted); });
    engine().cancelTransfer(*m_transfer);
}

void SendCommand::fail(const Error &error, ExitCode code)
{
    if (m_arguments.json && !isOver())
        console().print(jsonLine(failedEvent(error)));
    Command::fail(error, code);
}

} // namespace postern::cli
