#pragma once
// TURN over TCP or TLS, for networks that let no UDP out: through proxies where the system
// names one. Datagrams that find no room are refused, not queued without bound.
// Thread: one with an event loop.

#include "core/relay/server_link.h"
#include "core/stun/channel_data.h"
#include "core/wire/rendezvous_messages.h"

#include <vector>

class QSslSocket;

namespace postern::relay {

class StreamLink final : public ServerLink {
public:
    /// Begins to connect; RelayServer's name is looked up on the way. TLS wants the server's
    /// certificate to be the one told, or vouched for by the system's authorities.
    StreamLink(const wire::RelayServer &server, Handlers handlers);
    ~StreamLink() override;

    Endpoint server() const override;
    bool isReliable() const override { return true; }
    SendStatus send(ByteView message) override;
    SendResult sendChannel(const ChannelRun &run) override;

private:
    void connected();
    void read();
    void written();
    void fail();
    bool certificateIsTheOneTold() const;
    bool hasRoom();

    wire::RelayServer m_told;
    Handlers m_handlers;
    stun::TurnStream m_stream;
    std::vector<ByteView> m_messages; ///< of the read at hand
    bool m_waitsForRoom = false;
    bool m_failed = false;
    QSslSocket *m_socket; ///< ours; goes by deleteLater(), its own call may be above us
};

} // namespace postern::relay
