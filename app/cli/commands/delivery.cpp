#include "app/cli/commands/delivery.h"

#include "app/cli/commands/contact_lookup.h"
#include "app/cli/translation.h"

namespace postern::cli {

Delivery::Delivery(Engine &engine, TransferReporter &reporter, SendRequest request, QString device)
    : m_engine(engine)
    , m_reporter(reporter)
    , m_request(std::move(request))
    , m_device(std::move(device))
{
    m_presence.setSingleShot(true);
    connect(&m_presence, &QTimer::timeout, this, &Delivery::contactIsNotThere);
    connect(&engine, &Engine::contactsChanged, this, [this] {
        if (m_looking)
            sendIfPossible();
    });
}

void Delivery::start()
{
    m_looking = true;
    m_presence.start(PRESENCE_PATIENCE);
    sendIfPossible();
}

Result<void> Delivery::prepare()
{
    const auto contact = findContact(m_engine, m_request.contact);
    if (!contact)
        return contact.error();
    if (const auto may = maySendTo(*contact); !may)
        return may.error();
    if (!m_device.isEmpty()) {
        const auto device = findDevice(*contact, m_device);
        if (!device)
            return device.error();
        m_request.device = *device;
    }
    m_request.contact = contact->name;
    if (m_request.waitForContact)
        return {};
    return isThere(*contact, m_request.device);
}

void Delivery::sendIfPossible()
{
    if (!prepare())
        return;
    m_looking = false;
    m_presence.stop();
    m_transfer = m_engine.send(m_request);
    // Whatever was said before the number was known.
    const auto transfers = m_engine.transfers();
    for (const auto &transfer : transfers)
        update(transfer);
}

void Delivery::contactIsNotThere()
{
    m_looking = false;
    if (isOver())
        return;
    const auto ready = prepare();
    if (m_transfer)
        m_engine.cancelTransfer(*m_transfer);
    const auto problem = ready
        ? Error{ErrorCode::PeerOffline,
                Cli::tr("%1 went offline; try again when they are back.").arg(m_request.contact)}
        : ready.error();
    emit failed(problem);
    end(exitCodeFor(problem.code, Stage::Sending));
}

void Delivery::update(const TransferInfo &transfer)
{
    if (m_transfer != transfer.id)
        return;
    if (m_story.ended()) {
        if (transfer.finished())
            return;
        m_story = {}; // it is tried again
        m_code.reset();
    }
    if (transfer.state != TransferState::WaitingForContact || m_request.waitForContact)
        m_presence.stop();
    else if (!m_presence.isActive())
        m_presence.start(PRESENCE_PATIENCE);
    for (const auto step : m_story.update(transfer))
        m_reporter.report(step, transfer, monotonicNow());
    if (m_story.ended())
        end(exitCodeFor(transfer));
}

void Delivery::cancel()
{
    if (isOver())
        return;
    m_looking = false;
    m_presence.stop();
    if (m_transfer)
        m_engine.cancelTransfer(*m_transfer);
    else
        end(ExitCode::Interrupted);
}

void Delivery::end(ExitCode code)
{
    m_presence.stop();
    m_code = code;
    emit ended();
}

} // namespace postern::cli
