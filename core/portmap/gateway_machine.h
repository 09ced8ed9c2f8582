#pragma once
// A port mapped by PCP or NAT-PMP: asked for, renewed, taken back. One question a transport,
// sent again after 250 ms and then doubling (RFC 6886 section 3.1; PCP's own 3 s would lose
// every race). Only the gateway is believed.
//
// Pure; the owner's thread. Source: RFC 6886, RFC 6887.

#include "core/portmap/gateway_dialect.h"

namespace postern::portmap {

class GatewayMachine final : public MappingMethod {
public:
    static constexpr Duration FIRST_PAUSE = 250ms;

    /// `port` is ours, for TCP and UDP alike.
    GatewayMachine(std::unique_ptr<GatewayDialect> dialect, const Endpoint &gateway,
                   std::uint16_t port, Instant now);

    Method method() const override { return m_dialect->method(); }
    State state() const override { return m_state; }
    const std::optional<PortMapping> &mapping() const override { return m_mapping; }
    void map(Instant now) override;
    void remove(Instant now) override;
    void handleTimeout(Instant now) override;
    Instant nextDeadline() const override;

    /// True if it was this gateway's answer in this dialect.
    bool handleDatagram(Instant now, const Endpoint &from, ByteView bytes);
    /// What is due to be sent to the gateway.
    std::optional<QByteArray> pollTransmit(Instant now);

private:
    /// Something the gateway owes an answer to.
    struct Question {
        Instant due = NEVER; ///< to be sent (again); NEVER: not open
        Instant ends = NEVER;
        Duration pause{};
        void open(Instant now, Duration patience);
        void close() { due = ends = NEVER; }
        bool isOpen() const { return ends != NEVER; }
    };
    struct Lease {
        Transport transport;
        Question question;
        std::uint16_t port = 0; ///< outside; 0: none
        IpAddress external;
        Instant renewAt = NEVER;
        Instant expires = NEVER;
    };

    Lease &leaseOf(Transport transport) { return transport == Transport::Tcp ? m_tcp : m_udp; }
    void probed(const GatewayAnswer &answer);
    void answered(Instant now, Lease &lease, const GatewayAnswer &answer);
    void granted(Instant now, Lease &lease, const GatewayAnswer &answer);
    void unanswered(Instant now, Lease &lease);
    void checkEpoch(Instant now, const GatewayAnswer &answer);
    void settle();

    std::unique_ptr<GatewayDialect> m_dialect;
    Endpoint m_gateway;
    std::uint16_t m_port;
    State m_state = State::Asking;
    Question m_probe;
    Lease m_tcp{Transport::Tcp, {}, 0, {}, NEVER, NEVER};
    Lease m_udp{Transport::Udp, {}, 0, {}, NEVER, NEVER};
    IpAddress m_external; ///< as the probe told
    std::optional<std::pair<Instant, std::uint32_t>> m_epoch; ///< when, and the gateway's clock
    std::optional<PortMapping> m_mapping;
};

} // namespace postern::portmap
