#pragma once
// The single measurements of discovery. Each asks its questions from fresh sockets, waits for
// all answers or their absence, says so once through `done`, and keeps what it found.
//
// Pure, through the Prober. Source: RFC 5780 section 4.

#include "core/nat/prober.h"
#include "core/nat/verdicts.h"

namespace postern::nat {

/// What a server offers: its address, and others of its own.
struct ServerPlaces {
    Endpoint primary;
    Endpoint otherPort; ///< same address; null: it has none
    Endpoint otherAddress; ///< the primary's port at another address; null
    Endpoint otherBoth; ///< RFC 5780's alternate; null
    bool canChange = false; ///< answers from the others on request (CHANGE-REQUEST)
};

class Measurement {
public:
    using Done = std::function<void(Instant)>;

    Measurement(Prober &prober, Done done)
        : m_prober(prober)
        , m_done(std::move(done))
    {
    }
    bool isWaiting() const { return m_waiting > 0; }

protected:
    int newSocket(); ///< closed when all answers are in
    /// Asks, and counts the answer among those waited for.
    void ask(Instant at, const Question &question, Prober::Then then);
    Prober &m_prober;

private:
    Done m_done;
    int m_waiting = 0;
    std::vector<int> m_opened;
};

/// Is one socket seen alike by several addresses and ports? (RFC 5780 section 4.3)
class MappingTest : public Measurement {
public:
    using Measurement::Measurement;
    void start(Instant now, int socket, Carrier carrier, const Sighting &first,
               const ServerPlaces &server);
    MappingVerdict verdict() const { return judgeMapping(m_sightings); }
    bool hasHeard(const Endpoint &server) const;

private:
    QList<Sighting> m_sightings;
};

/// Do answers come in that were not asked for where they come from? (RFC 5780 section 4.4)
class FilteringTest : public Measurement {
public:
    using Measurement::Measurement;
    void start(Instant now, const ServerPlaces &server);
    /// That nothing came from a place counts only if that place answers at all: `heard`.
    Filtering verdict(const MappingTest &heard) const;

private:
    ServerPlaces m_server;
    std::optional<bool> m_fromOtherAddress;
    std::optional<bool> m_fromOtherPort;
};

/// How do the ports of fresh sockets follow each other?
class AllocationTest : public Measurement {
public:
    /// Enough that packets don't overtake each other, in all less than a tenth of a second.
    static constexpr Duration SPACING = 8ms;

    using Measurement::Measurement;
    void start(Instant now, Carrier carrier, const Endpoint &server, int samples);
    AllocationVerdict verdict() const { return judgeAllocation(ordered()); }
    QList<PortSample> ordered() const;
    std::uint16_t lastPort() const;

private:
    std::map<int, PortSample> m_samples; ///< by socket, which counts up as they are first used
};

/// Does a packet to our own outer address come back in? (RFC 4787 section 6)
class HairpinTest : public Measurement {
public:
    using Measurement::Measurement;
    void start(Instant now, const Endpoint &server);
    /// Unknown: our own mappings could not be learned.
    Answer verdict() const { return m_verdict; }

private:
    void meet(Instant now);

    int m_sockets[2] = {};
    Endpoint m_mapped[2];
    Answer m_verdict = Answer::Unknown;
};

/// How far out is the outermost NAT that filters? A packet that dies `t` routers out opens the
/// filters it has passed, so the least `t` after which an answer gets in from there tells. What
/// routers say about the packets that died (ICMP) is kept as well.
class DepthTest : public Measurement {
public:
    static constexpr int MAX_HOPS = 6;

    using Measurement::Measurement;
    /// `filters`: whether unasked answers are kept out, so that opening can be seen.
    void start(Instant now, const ServerPlaces &server, Filtering filtering, bool filters);
    void timeExceeded(int socket, const IpAddress &router);

    int hopsByFilter() const; ///< 0: not known
    /// The routers on the way out, nearest first; as far as they told.
    const std::map<int, IpAddress> &routers() const { return m_routers; }

private:
    void open(Instant now, int hops, int socket);

    ServerPlaces m_server;
    Filtering m_filtering = Filtering::Unknown;
    bool m_filters = false;
    std::map<int, int> m_hopsOf; ///< by socket
    std::map<int, bool> m_reached; ///< by hops: whether the answer got in
    std::map<int, IpAddress> m_routers;
};

struct DepthVerdict {
    quint8 depth = 0; ///< NATs
    quint8 hops = 0; ///< routers up to the outermost of them
};
/// From the routers' addresses where they told, else one NAT a hop, at least one.
DepthVerdict judgeDepth(int hopsByFilter, const std::map<int, IpAddress> &routers);

} // namespace postern::nat
