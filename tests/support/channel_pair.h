#pragma once
// Two ends of a real channel over the loopback interface, in one event loop.

#include "core/identity/device_key.h"
#include "core/net/tcp_listener.h"
#include "core/net/udp_socket.h"
#include "core/transport/quic_channel.h"
#include "core/transport/tls_channel.h"
#include "tests/support/channel_observer.h"

namespace postern::test {

/// Keys are made once a process: generating them is not what these tests are about.
const DeviceKey &keyOfA();
const DeviceKey &keyOfB();
const DeviceKey &keyOfStranger();

/// One remote address on a socket of its own; what core/peer/ shares among many.
class SocketPath : public DatagramPath {
public:
    SocketPath(std::shared_ptr<UdpSocket> socket, const Endpoint &remote);
    ~SocketPath() override;
    Endpoint local() const override { return m_socket->local(); }
    Endpoint remote() const override { return m_remote; }
    SendResult send(ByteView bytes, const SendOptions &options) override;
    void setReceiver(Receiver receiver) override { m_socket->setReceiver(std::move(receiver)); }
    void setWritableHandler(std::function<void()> handler) override;
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler) override;

private:
    std::shared_ptr<UdpSocket> m_socket;
    Endpoint m_remote;
};

struct ChannelPair {
    std::shared_ptr<UdpSocket> udpA;
    std::shared_ptr<UdpSocket> udpB;
    std::unique_ptr<TcpListener> listener;
    std::unique_ptr<PeerChannel> a; ///< the initiator
    std::unique_ptr<PeerChannel> b;
    ChannelObserver atA;
    ChannelObserver atB;
    std::optional<Result<void>> outcomeA;
    std::optional<Result<void>> outcomeB;
    bool consumesA = true;
    bool consumesB = true;

    bool settled() const { return outcomeA && outcomeB; }
    bool open() const { return settled() && outcomeA->ok() && outcomeB->ok(); }
};

/// Who each side is and whom it expects.
struct PairKeys {
    DeviceKey a = keyOfA();
    DeviceKey b = keyOfB();
    DeviceId aExpects = keyOfB().id();
    DeviceId bExpects = keyOfA().id();
};

/// Starts to connect; settled() once both sides know how it ended.
std::unique_ptr<ChannelPair> connectTls(const PairKeys &keys = {},
                                        const ChannelTiming &timing = {});
std::unique_ptr<ChannelPair> connectQuic(const PairKeys &keys = {}, const QuicOptions &options = {},
                                         bool batched = true);

} // namespace postern::test
