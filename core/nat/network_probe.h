#pragma once
// Discovery on the real network: gives its numbered sockets ports, and carries bytes and times
// between the two. Decides nothing.
//
// Thread: one with an event loop. The callback comes from the event loop and may destroy the
// probe.

#include "core/nat/discovery.h"
#include "core/nat/tcp_question.h"
#include "core/net/deadline_timer.h"
#include "core/net/udp_socket.h"

#include <memory>

namespace postern::nat {

class NetworkProbe {
public:
    using Changed = std::function<void(DiscoveryEvent)>;

    /// Begins at the next turn of the event loop.
    NetworkProbe(const Discovery::Setup &setup, Changed changed);
    ~NetworkProbe();
    NetworkProbe(const NetworkProbe &) = delete;
    NetworkProbe &operator=(const NetworkProbe &) = delete;

    const NetworkBehaviour &behaviour() const { return m_discovery.behaviour(); }
    bool isSettled() const { return m_discovery.isSettled(); }
    bool isTcpDone() const { return m_discovery.isTcpDone(); }
    const Endpoint &mapped() const { return m_discovery.mapped(); }

private:
    struct OverTcp { ///< from the port that a socket number stands for
        int socket = 0;
        Endpoint to;
        std::unique_ptr<TcpQuestion> question;
    };

    void rang();
    void pump();
    void send(const Transmission &sending);
    UdpSocket *udpSocket(const Transmission &sending);
    void ask(const Transmission &sending);
    void ended(int number, const QByteArray &answer);

    std::map<int, std::unique_ptr<UdpSocket>> m_udp;
    std::map<int, std::uint16_t> m_tcpPorts;
    std::map<int, OverTcp> m_questions; ///< by number
    int m_questionNumber = 0;
    Discovery m_discovery;
    Changed m_changed;
    DeadlineTimer m_timer;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern::nat
