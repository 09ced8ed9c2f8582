#include "core/relay/server_race.h"

#include "core/relay/sentences.h"

#include <algorithm>

namespace postern::relay {

namespace {

constexpr Duration HEAD_START = 250ms; // RFC 8305 section 8: between two attempts

} // namespace

ServerRace::ServerRace(const wire::RelayAccess &access, Observer &observer,
                       const ClientOptions &options)
    : m_observer(&observer)
    , m_nextStart([this] { startNext(); })
{
    QList<wire::RelayServer> servers = access.servers;
    servers.removeIf(
        [&](const wire::RelayServer &s) { return options.only && s.transport != *options.only; });
    std::stable_sort(servers.begin(), servers.end(),
                     [](const auto &a, const auto &b) { return a.transport < b.transport; });
    for (const wire::RelayServer &server : servers) {
        auto attempt = std::make_unique<ServerAttempt>(
            ServerAttempt::Order{server, access.username.toUtf8(), access.password.toUtf8(),
                                 options.family, options.random},
            ServerAttempt::Handlers{[this, at = m_attempts.size()](const AllocationEvent &event) {
                                        happened(*m_attempts[at], event);
                                    },
                                    [this](std::span<const Datagram> batch) {
                                        if (m_observer)
                                            m_observer->received(batch);
                                    },
                                    [this] {
                                        if (m_observer && m_winner)
                                            m_observer->writable();
                                    }});
        m_attempts.push_back(std::move(attempt));
    }
}

void ServerRace::start() { m_nextStart.set(monotonicNow()); }

void ServerRace::retire()
{
    m_observer = nullptr;
    m_nextStart.cancel();
    for (const auto &attempt : m_attempts)
        attempt->dismiss();
}

void ServerRace::startNext()
{
    if (m_attempts.empty() && m_observer)
        return std::exchange(m_observer, nullptr)->ended(noServers());
    if (m_winner || m_started == m_attempts.size())
        return;
    m_attempts[m_started++]->start();
    if (m_started < m_attempts.size())
        m_nextStart.set(monotonicNow() + HEAD_START);
}

void ServerRace::happened(ServerAttempt &attempt, const AllocationEvent &event)
{
    if (!m_observer)
        return;
    if (const auto *end = std::get_if<allocation_event::Ended>(&event))
        return ended(attempt, end->why);
    if (std::holds_alternative<allocation_event::Allocated>(event)) {
        m_winner = &attempt;
        m_nextStart.cancel();
        for (const auto &other : m_attempts) {
            if (other.get() != &attempt)
                other->dismiss();
        }
        return m_observer->allocated();
    }
    if (const auto *ready = std::get_if<allocation_event::PeerReady>(&event))
        m_observer->peerReady(ready->peer);
    else if (const auto *refused = std::get_if<allocation_event::PeerRefused>(&event))
        m_observer->peerRefused(refused->address, refused->why);
}

void ServerRace::ended(ServerAttempt &attempt, const Error &why)
{
    const bool lost = m_winner == &attempt;
    if (m_winner && !lost)
        return; // one that had been given up
    const bool allFailed = m_started == m_attempts.size()
        && std::all_of(m_attempts.begin(), m_attempts.end(),
                       [](const auto &each) { return each->hasEnded(); });
    if (lost || allFailed)
        return std::exchange(m_observer, nullptr)->ended(why);
    if (m_started < m_attempts.size())
        m_nextStart.set(monotonicNow());
}

} // namespace postern::relay
