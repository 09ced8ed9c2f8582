#pragma once
// Has the router pass our port on to us, by whichever of PCP, NAT-PMP and UPnP it answers to
// first; renews that as long as the program runs and takes it back at the end. Sockets and a
// timer around three machines; one of them maps at a time, since a router keeps one table.
//
// Only the default gateway is asked, and neighbours of its network that call themselves one.
// Thread: engine thread. The changed callback comes from the event loop.

#include "core/net/default_gateway.h"
#include "core/net/udp_socket.h"
#include "core/portmap/gateway_machine.h"
#include "core/portmap/http_exchange.h"
#include "core/portmap/igd_machine.h"

#include <map>

namespace postern::portmap {

class PortMapper {
public:
    using Changed = std::function<void()>;

    /// Where no router answered, or a mapping was lost for good, all is tried anew after this.
    static constexpr Duration RETRY = std::chrono::minutes(10);

    PortMapper(std::uint16_t port, Changed changed);

    /// Begins; again at a change of networks: a mapping of a gateway that is still ours stays.
    void begin();
    /// Takes back what is mapped; `done` comes within REMOVAL_PATIENCE, from the event loop.
    void end(std::function<void()> done);

    const std::optional<PortMapping> &mapping() const { return m_told; }
    /// Called once it is known whether a port is mapped; from the event loop.
    void whenSettled(std::function<void()> done);

private:
    void start();
    void drive();
    void drain();
    void choose();
    void tell();
    void arm();
    bool isSettled() const;
    bool allAre(MappingMethod::State state) const;
    MappingMethod *inState(MappingMethod::State state) const;

    std::uint16_t m_port;
    Changed m_changed;
    std::optional<DefaultGateway> m_gateway;
    std::unique_ptr<UdpSocket> m_socket;
    std::unique_ptr<GatewayMachine> m_pcp;
    std::unique_ptr<GatewayMachine> m_natPmp;
    std::unique_ptr<IgdMachine> m_igd;
    std::vector<MappingMethod *> m_methods; ///< best first
    std::map<int, std::unique_ptr<HttpExchange>> m_exchanges;
    std::vector<std::unique_ptr<HttpExchange>> m_finished; ///< may be on the stack
    std::optional<PortMapping> m_told;
    std::vector<std::function<void()>> m_waiting; ///< for it to settle
    std::function<void()> m_ended; ///< set: we are ending
    Instant m_startAgain = NEVER;
    bool m_driving = false;
    DeadlineTimer m_timer;
};

} // namespace postern::portmap
