#include "core/nat/lifetime.h"

#include <algorithm>
#include <utility>

namespace postern::nat {

namespace {

constexpr Duration FIRST_IDLES[] = {10s, 30s, 60s, 120s, 300s};
constexpr Duration EXACT_ENOUGH = 3s; ///< between the longest life and the soonest death
constexpr int MAX_UNCLEAR = 2;

constexpr Duration WATCH_EVERY = 8s; ///< no NAT seen in the field forgets sooner
constexpr Duration WATCH_CALL = 7s; ///< after each use, just before the next
constexpr Duration WATCH_TIME = 300s; ///< the cuts seen in the field come after 50 to 75 s
constexpr Duration YOUNGEST_CUT = 20s; ///< what ends sooner was idle, or lost

} // namespace

void LifetimeTest::start(Instant now, const Endpoint &server, bool portsTell)
{
    m_server = server;
    m_portsTell = portsTell;
    chooseMethod(now);
}

int LifetimeTest::idleSeconds() const { return static_cast<int>(m_alive / 1s); }

void LifetimeTest::chooseMethod(Instant now)
{
    m_running = true;
    const int socket = m_prober.newSocket();
    m_prober.ask(now, {.socket = socket, .to = m_server},
                 [this, socket](Instant at, const Reply &r) {
                     const Mapping fresh{socket, {}, r.mapped.port};
                     callFromOutside(at, fresh, [this, socket](Instant later, bool arrived) {
                         m_prober.close(socket);
                         m_byResponsePort = arrived;
                         m_running = arrived || m_portsTell;
                         if (!m_running)
                             return m_changed(later);
                         beginRound(later, {std::begin(FIRST_IDLES), std::end(FIRST_IDLES)});
                         m_watching = true;
                         m_watchSocket = m_prober.newSocket();
                         m_watchEnds = later + WATCH_TIME;
                         watch(later);
                     });
                 });
}

/// A third socket asks the server to answer to the mapping's port.
void LifetimeTest::callFromOutside(Instant now, const Mapping &mapping,
                                   std::function<void(Instant, bool)> then)
{
    if (mapping.port == 0)
        return then(now, false);
    const int caller = m_prober.newSocket();
    m_prober.ask(now, {.socket = caller, .to = m_server, .responsePort = mapping.port},
                 [this, caller, socket = mapping.socket,
                  then = std::move(then)](Instant at, const Reply &reply) {
                     m_prober.close(caller);
                     then(at, reply.answered && !reply.refused && reply.socket == socket);
                 });
}

// --- idle --------------------------------------------------------------------------------

void LifetimeTest::beginRound(Instant now, const std::vector<Duration> &idles)
{
    for (const Duration idle : idles) {
        m_sockets.push_back(m_prober.newSocket());
        leaveAlone(now, {m_sockets.back(), idle});
    }
}

void LifetimeTest::leaveAlone(Instant now, Mapping mapping)
{
    m_prober.ask(now, {.socket = mapping.socket, .to = m_server},
                 [this, mapping](Instant at, const Reply &reply) mutable {
                     if (reply.mapped.isNull())
                         return ended(at, mapping);
                     mapping.port = reply.mapped.port;
                     m_prober.wake(at + mapping.idle,
                                   [this, mapping](Instant later) { check(later, mapping); });
                 });
}

void LifetimeTest::check(Instant now, const Mapping &mapping)
{
    if (std::find(m_sockets.begin(), m_sockets.end(), mapping.socket) == m_sockets.end())
        return; // a shorter idle time was too long already
    const auto askAgain = [this, mapping](Instant at) {
        m_prober.ask(at, {.socket = mapping.socket, .to = m_server},
                     [this, mapping](Instant later, const Reply &reply) {
                         if (!reply.mapped.isNull()) {
                             if (!m_byResponsePort && reply.mapped.port == mapping.port)
                                 return isAlive(later, mapping);
                             return isDead(later, mapping);
                         }
                         auto again = mapping; // the network was away: that says nothing
                         if (++again.unclear == MAX_UNCLEAR)
                             return ended(later, mapping);
                         leaveAlone(later, again);
                     });
    };
    if (!m_byResponsePort)
        return askAgain(now);
    callFromOutside(now, mapping, [this, mapping, askAgain](Instant at, bool arrived) {
        if (arrived)
            isAlive(at, mapping);
        else
            askAgain(at); // dead, or the network is away
    });
}

void LifetimeTest::isAlive(Instant now, const Mapping &mapping)
{
    m_alive = std::max(m_alive, mapping.idle);
    m_changed(now);
    ended(now, mapping);
}

void LifetimeTest::isDead(Instant now, const Mapping &mapping)
{
    m_dead = std::min(m_dead, mapping.idle);
    // Those left alone for longer are dead, too: they wait for nothing.
    std::erase(m_sockets, mapping.socket);
    for (const int other : std::exchange(m_sockets, {mapping.socket}))
        m_prober.close(other);
    ended(now, mapping);
}

void LifetimeTest::ended(Instant now, const Mapping &mapping)
{
    m_prober.close(mapping.socket);
    if (std::erase(m_sockets, mapping.socket) > 0 && m_sockets.empty())
        endRound(now);
}

void LifetimeTest::endRound(Instant now)
{
    if (m_dead != Duration::max() && m_dead > m_alive
        && m_dead - m_alive > std::max(EXACT_ENOUGH, m_dead / 8))
        return beginRound(now, {(m_alive + m_dead) / 2});
    m_running = false;
    m_changed(now);
}

// --- absolute ----------------------------------------------------------------------------

/// Uses one mapping all the time, and calls it from outside just before each next use.
void LifetimeTest::watch(Instant now)
{
    if (now >= m_watchEnds || m_absolute > 0) {
        m_watching = false;
        m_prober.close(m_watchSocket);
        return m_changed(now);
    }
    m_prober.ask(now, {.socket = m_watchSocket, .to = m_server},
                 [this](Instant at, const Reply &reply) { watched(at, reply); });
    m_prober.wake(now + WATCH_EVERY, [this](Instant at) { watch(at); });
}

void LifetimeTest::watched(Instant now, const Reply &reply)
{
    if (reply.mapped.isNull())
        return;
    if (m_watchPort != 0 && reply.mapped.port != m_watchPort)
        wasCut(now);
    if (m_watchPort == 0)
        m_born = now;
    m_watchPort = reply.mapped.port;
    if (!m_byResponsePort)
        return;
    m_prober.wake(now + WATCH_CALL, [this](Instant at) {
        if (m_watching)
            callFromOutside(at, {m_watchSocket, {}, m_watchPort},
                            [this](Instant later, bool arrived) {
                                if (!arrived)
                                    wasCut(later);
                            });
    });
}

/// One cut may be a lost packet; two at a like age are a rule.
void LifetimeTest::wasCut(Instant now)
{
    const Duration age = now - m_born;
    m_watchPort = 0;
    if (age < YOUNGEST_CUT)
        return;
    if (m_cutAge > Duration() && age < m_cutAge * 5 / 4 && m_cutAge < age * 5 / 4)
        m_absolute = static_cast<int>((std::min(age, m_cutAge) - WATCH_EVERY) / 1s);
    m_cutAge = age;
}

} // namespace postern::nat
