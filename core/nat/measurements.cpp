#include "core/nat/measurements.h"

#include <algorithm>
#include <utility>

namespace postern::nat {

namespace {

constexpr Duration OPENER_LEAD = 60ms; ///< the opener has died before its answer is asked for

/// Whether two neighbouring routers stand in one private network, with no NAT between. Carriers
/// number theirs from 100.64.0.0/10 (RFC 6598), companies all over 10.0.0.0/8; homes that have
/// one router behind the other have two networks of 192.168.0.0/16.
bool shareRealm(const IpAddress &a, const IpAddress &b)
{
    if (a.isCarrierShared() || b.isCarrierShared())
        return a.isCarrierShared() && b.isCarrierShared();
    const auto home = IpAddress::v4(192, 168, 0, 0);
    if (a.sharesPrefix(home, 16))
        return a.sharesPrefix(b, 24);
    const auto block = IpAddress::v4(172, 16, 0, 0);
    return a.sharesPrefix(block, 12) ? b.sharesPrefix(block, 12) : a.sharesPrefix(b, 8);
}

} // namespace

void Measurement::ask(Instant at, const Question &question, Prober::Then then)
{
    ++m_waiting;
    m_prober.ask(at, question, [this, then = std::move(then)](Instant now, const Reply &reply) {
        then(now, reply);
        if (--m_waiting > 0)
            return;
        for (const int socket : std::exchange(m_opened, {}))
            m_prober.close(socket);
        m_done(now);
    });
}

int Measurement::newSocket()
{
    m_opened.push_back(m_prober.newSocket());
    return m_opened.back();
}

// --- mapping -----------------------------------------------------------------------------

void MappingTest::start(Instant now, int socket, Carrier carrier, const Sighting &first,
                        const ServerPlaces &server)
{
    m_sightings = {first};
    for (const auto &to : {server.otherPort, server.otherAddress, server.otherBoth}) {
        if (to.isNull())
            continue;
        ask(now, {.socket = socket, .to = to, .carrier = carrier},
            [this, to](Instant, const Reply &reply) {
                if (reply.answered && !reply.mapped.isNull())
                    m_sightings.append({to, reply.mapped});
            });
    }
}

bool MappingTest::hasHeard(const Endpoint &server) const
{
    return std::any_of(m_sightings.begin(), m_sightings.end(),
                       [&](const Sighting &one) { return one.server == server; });
}

// --- filtering ---------------------------------------------------------------------------

Filtering FilteringTest::verdict(const MappingTest &heard) const
{
    const auto counted = [&](std::optional<bool> came, const Endpoint &from) {
        return came == false && !heard.hasHeard(from) ? std::nullopt : came;
    };
    return judgeFiltering(counted(m_fromOtherAddress, m_server.otherBoth),
                          counted(m_fromOtherPort, m_server.otherPort));
}

void FilteringTest::start(Instant now, const ServerPlaces &server)
{
    m_server = server;
    const int socket = newSocket();
    const auto test = [this, now, socket, server](std::uint32_t change, const Endpoint &source,
                                                  std::optional<bool> &verdict) {
        if (source.isNull())
            return;
        ask(now, {.socket = socket, .to = server.primary, .change = change},
            [&verdict, source](Instant, const Reply &reply) {
                if (!reply.answered || (!reply.refused && reply.from == source))
                    verdict = reply.answered; // else it can't, whatever it had said
            });
    };
    test(stun::CHANGE_ADDRESS | stun::CHANGE_PORT, server.otherBoth, m_fromOtherAddress);
    test(stun::CHANGE_PORT, server.otherPort, m_fromOtherPort);
}

// --- allocation --------------------------------------------------------------------------

void AllocationTest::start(Instant now, Carrier carrier, const Endpoint &server, int samples)
{
    for (int i = 0; i < samples; ++i) {
        const int socket = newSocket();
        const Instant at = now + SPACING * i;
        // Once each: what is sent again may be mapped out of turn.
        ask(at, {.socket = socket, .to = server, .carrier = carrier, .tries = 1},
            [this, socket, at](Instant, const Reply &reply) {
                if (!reply.mapped.isNull())
                    m_samples[socket] = {m_prober.local(socket).port, reply.mapped.port, at};
            });
    }
}

QList<PortSample> AllocationTest::ordered() const
{
    QList<PortSample> samples;
    for (const auto &[socket, sample] : m_samples)
        samples.append(sample);
    return samples;
}

std::uint16_t AllocationTest::lastPort() const
{
    return m_samples.empty() ? std::uint16_t{0} : m_samples.rbegin()->second.outer;
}

// --- hairpin -----------------------------------------------------------------------------

void HairpinTest::start(Instant now, const Endpoint &server)
{
    for (int i = 0; i < 2; ++i) {
        m_sockets[i] = newSocket();
        ask(now, {.socket = m_sockets[i], .to = server}, [this, i](Instant later, const Reply &r) {
            m_mapped[i] = r.mapped;
            if (!m_mapped[0].isNull() && !m_mapped[1].isNull())
                meet(later);
        });
    }
}

/// Both send, so that each has asked for what the other sends and filtering lets it in.
void HairpinTest::meet(Instant now)
{
    m_verdict = Answer::No;
    for (int i = 0; i < 2; ++i) {
        ask(now, {.socket = m_sockets[i], .to = m_mapped[1 - i]}, [this](Instant, const Reply &r) {
            if (r.looped)
                m_verdict = Answer::Yes;
        });
    }
}

// --- depth -------------------------------------------------------------------------------

void DepthTest::start(Instant now, const ServerPlaces &server, Filtering filtering, bool filters)
{
    m_server = server;
    m_filtering = filtering;
    m_filters = filters;
    for (int hops = 1; hops <= MAX_HOPS; ++hops) {
        const int socket = newSocket();
        m_hopsOf[socket] = hops;
        ask(now, {.socket = socket, .to = server.primary, .reports = true},
            [this, hops, socket](Instant later, const Reply &reply) {
                if (reply.answered)
                    open(later, hops, socket);
            });
    }
}

void DepthTest::open(Instant now, int hops, int socket)
{
    const bool byAddress = m_filtering == Filtering::AddressDependent;
    const Endpoint source = byAddress ? m_server.otherBoth : m_server.otherPort;
    const bool visible = m_filters && !source.isNull();
    ask(now,
        {.socket = socket, .to = visible ? source : m_server.primary, .hopLimit = hops, .tries = 1},
        [](Instant, const Reply &) {});
    if (!visible)
        return;
    const auto change = byAddress ? stun::CHANGE_ADDRESS | stun::CHANGE_PORT : stun::CHANGE_PORT;
    ask(now + OPENER_LEAD, {.socket = socket, .to = m_server.primary, .change = change},
        [this, hops, source](Instant, const Reply &reply) {
            m_reached[hops] = reply.answered && reply.from == source;
        });
}

void DepthTest::timeExceeded(int socket, const IpAddress &router)
{
    if (const auto found = m_hopsOf.find(socket); found != m_hopsOf.end())
        m_routers[found->second] = router;
}

int DepthTest::hopsByFilter() const
{
    for (const auto &[hops, opened] : m_reached)
        if (opened) // it left the outermost NAT and died at the next router
            return hops - 1;
    return 0;
}

DepthVerdict judgeDepth(int hopsByFilter, const std::map<int, IpAddress> &routers)
{
    int hops = hopsByFilter;
    if (hops == 0) {
        // The first router with a public address stands behind all NATs.
        const auto isPublic = [](const auto &router) { return router.second.isGlobal(); };
        const auto first = std::find_if(routers.begin(), routers.end(), isPublic);
        if (first != routers.end())
            hops = first->first - 1;
    }
    int depth = 1;
    for (int hop = 1; hop < hops; ++hop) {
        const auto inner = routers.find(hop);
        const auto outer = routers.find(hop + 1);
        const bool told = inner != routers.end() && outer != routers.end();
        if (!told || !shareRealm(inner->second, outer->second))
            ++depth;
    }
    return {static_cast<quint8>(depth), static_cast<quint8>(hops)};
}

} // namespace postern::nat
