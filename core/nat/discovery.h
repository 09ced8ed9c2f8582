#pragma once
// Finds out what this network does to packets, with the help of a STUN server. What the server
// can do decides how much can be known: one with two addresses (RFC 5780) all of it, one with a
// second port question C and port-dependent filtering, a plain one the allocation of ports.
//
//     Asking -- answer --> Measuring: mapping, filtering, ports, hairpin --> Verdict
//        \-- silence: blocked ------------------------------------------------^  |
//     Finished <-- lifetimes, the ports once more, depth (background) -----------+
//
// Pure: (now, bytes) in; bytes to send from numbered sockets, the next deadline and events
// out. Nothing that the server says makes it send more than a few requests, nor to more than
// three addresses of the server's kind. Source: RFC 5780.

#include "core/nat/lifetime.h"
#include "core/nat/measurements.h"

namespace postern::nat {

enum class DiscoveryEvent {
    Verdict, ///< the first, within VERDICT_TIME
    Refined, ///< more is known; the mapping even before the verdict
    Finished,
};

class Discovery {
public:
    static constexpr Duration VERDICT_TIME = 2800ms;

    struct Setup {
        Endpoint server; ///< STUN, UDP and perhaps TCP
        Endpoint alternate{}; ///< another address of it, or only another port; null: not known
        QList<IpAddress> own; ///< this machine's addresses
        bool tcp = true; ///< ask over TCP as well
        bool background = true; ///< go on after the verdict
    };

    Discovery(Setup setup, RandomSource random, Instant now);

    void opened(int socket, const Endpoint &local) { m_prober.opened(socket, local); }
    void receive(Instant now, int socket, const Endpoint &from, ByteView bytes)
    {
        m_prober.receive(now, socket, from, bytes);
    }
    void connectionFailed(Instant now, int socket, const Endpoint &to)
    {
        m_prober.failed(now, socket, to);
    }
    /// A router told that it dropped one of our packets at the end of its life (ICMP).
    void timeExceeded(int socket, const IpAddress &router) { m_depth.timeExceeded(socket, router); }
    void handleTimeout(Instant now);

    std::optional<Transmission> pollTransmit(Instant now) { return m_prober.pollTransmit(now); }
    std::optional<int> pollClosed() { return m_prober.pollClosed(); }
    std::optional<DiscoveryEvent> pollEvent();
    Instant nextDeadline() const { return m_prober.nextDeadline(); }

    const NetworkBehaviour &behaviour() const { return m_network; }
    /// The verdict is there, and nothing is under way that takes only seconds.
    bool isSettled() const { return m_told && !m_depth.isWaiting(); }
    bool isTcpDone() const { return m_tcpDone; } ///< as far as it can be known
    const Endpoint &mapped() const { return m_mapped; } ///< of one socket; null: nothing came

private:
    void answered(Instant now, const Reply &reply);
    void learnPlaces(const Endpoint &other);
    void measureUdp(Instant now);
    void udpMeasured(Instant now);
    void answeredOverTcp(Instant now, const Reply &reply);
    void measureTcp(Instant now);
    void tcpMeasured(Instant now);
    void concludeMapping();
    void concludeUdp();
    Answer hairpin() const;
    void tellPorts(const AllocationTest &test, Behaviour &behaviour) const;
    void verdict(Instant now);
    bool filtersAnswers() const;
    void goOn(Instant now);
    void beginSlowPart(Instant now);
    void backgroundChanged(Instant now);

    Setup m_setup;
    Prober m_prober;
    MappingTest m_mapping;
    FilteringTest m_filtering;
    AllocationTest m_ports;
    HairpinTest m_hairpin;
    MappingTest m_tcpMapping;
    AllocationTest m_tcpPorts;
    DepthTest m_depth;
    AllocationTest m_morePorts;
    LifetimeTest m_lifetime;

    ServerPlaces m_server;
    int m_socket = 0; ///< whose mapping is compared
    int m_tcpSocket = 0;
    Endpoint m_mapped;
    Endpoint m_tcpMapped;
    bool m_tcpBegun = false;
    bool m_allBegun = false; ///< every measurement of UDP
    bool m_udpDone = false;
    bool m_tcpDone = false;
    bool m_told = false;
    bool m_slowPartAhead = false;
    bool m_finished = false;
    NetworkBehaviour m_network;
    std::deque<DiscoveryEvent> m_events;
};

} // namespace postern::nat
