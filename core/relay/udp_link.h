#pragma once
// TURN over UDP, from a port of its own. A run of datagrams for a channel leaves in one system
// call, as on a direct path. Thread: one with an event loop.

#include "core/net/deadline_timer.h"
#include "core/net/udp_socket.h"
#include "core/relay/server_link.h"

#include <vector>

namespace postern::relay {

class UdpLink final : public ServerLink {
public:
    static Result<std::unique_ptr<UdpLink>> open(const Endpoint &server, Handlers handlers);
    ~UdpLink() override;

    Endpoint server() const override { return m_server; }
    bool isReliable() const override { return false; }
    SendStatus send(ByteView message) override;
    SendResult sendChannel(const ChannelRun &run) override;

private:
    UdpLink(std::unique_ptr<UdpSocket> socket, const Endpoint &server, Handlers handlers);
    void arrived(std::span<const Datagram> batch);

    Endpoint m_server;
    Handlers m_handlers;
    std::vector<ByteView> m_messages; ///< of the batch at hand
    QByteArray m_run;
    std::unique_ptr<UdpSocket> m_socket;
    DeadlineTimer m_opening;
};

} // namespace postern::relay
