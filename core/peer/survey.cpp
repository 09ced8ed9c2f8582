#include "core/peer/survey.h"

#include "core/base/log.h"

#include <QCryptographicHash>

namespace postern {

namespace {

QByteArray fingerprintOf(const Survey::Place &place)
{
    QStringList parts{place.stun.toString(), place.observed.toString()};
    QStringList interfaces;
    for (const auto &interface : place.interfaces)
        if (interface.up && !interface.address.isLoopback() && !interface.address.isLinkLocal())
            interfaces << interface.name + u'=' + interface.address.toString();
    interfaces.sort();
    parts += interfaces;
    return QCryptographicHash::hash(parts.join(u' ').toUtf8(), QCryptographicHash::Sha256);
}

nat::Discovery::Setup setupFor(const Survey::Place &place, bool background)
{
    nat::Discovery::Setup setup;
    setup.server = place.stun;
    setup.alternate = place.stunAlternate;
    for (const auto &interface : place.interfaces)
        setup.own.append(interface.address);
    setup.background = background;
    return setup;
}

/// What takes minutes to measure holds on as long as the network's kind is the same.
void keepSlowParts(nat::NetworkBehaviour &fresh, const nat::NetworkBehaviour &known)
{
    if (fresh.udp.mapping != known.udp.mapping)
        return;
    if (fresh.udp.idleSeconds == 0) {
        fresh.udp.idleSeconds = known.udp.idleSeconds;
        fresh.udp.absoluteSeconds = known.udp.absoluteSeconds;
    }
    if (fresh.hops == 0 && fresh.depth > 0 && known.depth > 0) {
        fresh.hops = known.hops;
        fresh.depth = known.depth;
    }
}

} // namespace

void Survey::look(const Place &place)
{
    if (place.stun.port == 0)
        return forget();
    if (fingerprintOf(place) != m_fingerprint || monotonicNow() >= m_again)
        begin(place, false);
}

void Survey::lookThoroughly(const Place &place)
{
    if (place.stun.port != 0 && (!m_thorough || isAllDone()))
        begin(place, true);
}

void Survey::forget()
{
    m_probe.reset();
    m_fingerprint.clear();
    m_behaviour = m_known = {};
}

void Survey::interrupt()
{
    if (!m_probe || m_finished)
        return;
    m_probe.reset();
    m_again = {};
    if (!m_verdict)
        m_behaviour = m_known;
}

bool Survey::isContradictedBy(std::uint16_t port)
{
    const nat::Behaviour &udp = m_behaviour.udp;
    if (m_probe || udp.allocation != nat::Allocation::Block
        || (port >= udp.lowest && port <= udp.highest))
        return false;
    m_again = {};
    return true;
}

void Survey::begin(const Place &place, bool thorough)
{
    const auto fingerprint = fingerprintOf(place);
    if (fingerprint != m_fingerprint) {
        const auto known = m_memory ? m_memory->recall(fingerprint) : std::nullopt;
        m_behaviour = m_known = known.value_or(nat::NetworkBehaviour());
    }
    const bool trusts =
        !thorough && fingerprint != m_fingerprint && m_known.udp.mapping != nat::Mapping::Unknown;
    m_fingerprint = fingerprint;
    if (trusts) {
        m_probe.reset();
        m_again = monotonicNow() + FIRST_LOOK_AFTER;
        return m_changed();
    }
    m_again = monotonicNow() + AGAIN_AFTER;
    m_thorough = thorough;
    m_verdict = m_finished = false;
    const bool background = thorough || m_known.udp.idleSeconds == 0;
    m_probe = std::make_unique<nat::NetworkProbe>(
        setupFor(place, background), [this](nat::DiscoveryEvent event) { measured(event); });
}

void Survey::measured(nat::DiscoveryEvent event)
{
    m_verdict = m_verdict || event != nat::DiscoveryEvent::Refined;
    m_finished = m_finished || event == nat::DiscoveryEvent::Finished;
    if (!m_verdict && m_known.udp.mapping != nat::Mapping::Unknown)
        return; // what is remembered says more than a part of the answer
    m_behaviour = m_probe->behaviour();
    keepSlowParts(m_behaviour, m_known);
    if (m_verdict)
        m_known = m_behaviour;
    if (event == nat::DiscoveryEvent::Verdict)
        qCDebug(logPeer) << "This network:" << nat::natClassName(nat::classOf(m_behaviour));
    if (m_memory && m_verdict && m_behaviour.udp.passes == nat::Answer::Yes)
        m_memory->remember(m_fingerprint, m_behaviour);
    m_changed();
}

} // namespace postern
