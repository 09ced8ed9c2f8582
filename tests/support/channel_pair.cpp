#include "tests/support/channel_pair.h"

namespace postern::test {

namespace {

const Endpoint LOOPBACK{IpAddress::v4(127, 0, 0, 1), 0};

PathInfo pathOf(PathKind kind)
{
    PathInfo path;
    path.kind = kind;
    path.strategy = QStringLiteral("test");
    return path;
}

TlsChannel::Established toldA(ChannelPair *pair)
{
    return [pair](Result<void> outcome) {
        pair->outcomeA = outcome;
        if (outcome)
            pair->atA.attach(*pair->a, pair->consumesA);
    };
}

TlsChannel::Established toldB(ChannelPair *pair)
{
    return [pair](Result<void> outcome) {
        pair->outcomeB = outcome;
        if (outcome)
            pair->atB.attach(*pair->b, pair->consumesB);
    };
}

} // namespace

SocketPath::SocketPath(std::shared_ptr<UdpSocket> socket, const Endpoint &remote)
    : m_socket(std::move(socket))
    , m_remote(remote)
{
}

SocketPath::~SocketPath()
{
    m_socket->setReceiver(nullptr);
    m_socket->setWritableHandler(nullptr);
}

SendResult SocketPath::send(ByteView bytes, const SendOptions &options)
{
    return m_socket->send(m_remote, bytes, options);
}

void SocketPath::setWritableHandler(std::function<void()> handler)
{
    m_socket->setWritableHandler(std::move(handler));
}

void SocketPath::setIcmpHandler(std::function<void(const IcmpReport &)> handler)
{
    m_socket->setIcmpHandler(std::move(handler));
}

const DeviceKey &keyOfA()
{
    static const DeviceKey key = *DeviceKey::generate();
    return key;
}

const DeviceKey &keyOfB()
{
    static const DeviceKey key = *DeviceKey::generate();
    return key;
}

const DeviceKey &keyOfStranger()
{
    static const DeviceKey key = *DeviceKey::generate();
    return key;
}

std::unique_ptr<ChannelPair> connectTls(const PairKeys &keys, const ChannelTiming &timing)
{
    auto pair = std::make_unique<ChannelPair>();
    ChannelPair *raw = pair.get();
    pair->listener = std::move(*TcpListener::listen(LOOPBACK, {}));
    pair->listener->setAcceptor([raw, keys, timing](std::unique_ptr<TcpSocket> socket) {
        raw->b = TlsChannel::start(std::move(socket), ChannelRole::Responder, keys.b,
                                   {keys.bExpects}, pathOf(PathKind::Tcp), toldB(raw), timing);
    });
    auto socket = std::make_shared<std::unique_ptr<TcpSocket>>();
    auto connecting = TcpSocket::connect(
        pair->listener->local(), [raw, keys, socket, timing](Result<void> connected) {
            if (!connected) {
                raw->outcomeA = connected;
                return;
            }
            raw->a = TlsChannel::start(std::move(*socket), ChannelRole::Initiator, keys.a,
                                       {keys.aExpects}, pathOf(PathKind::Tcp), toldA(raw), timing);
        });
    *socket = std::move(*connecting);
    return pair;
}

std::unique_ptr<ChannelPair> connectQuic(const PairKeys &keys, const QuicOptions &options,
                                         bool batched)
{
    auto pair = std::make_unique<ChannelPair>();
    UdpSocket::Options socketOptions;
    socketOptions.batched = batched;
    pair->udpA = std::move(*UdpSocket::bind(LOOPBACK, socketOptions));
    pair->udpB = std::move(*UdpSocket::bind(LOOPBACK, socketOptions));
    const auto path = [](const std::shared_ptr<UdpSocket> &from, const auto &to) {
        return std::make_unique<SocketPath>(from, to->local());
    };
    pair->a =
        QuicChannel::start(path(pair->udpA, pair->udpB), ChannelRole::Initiator, keys.a,
                           {keys.aExpects}, pathOf(PathKind::Udp), toldA(pair.get()), options);
    pair->b =
        QuicChannel::start(path(pair->udpB, pair->udpA), ChannelRole::Responder, keys.b,
                           {keys.bExpects}, pathOf(PathKind::Udp), toldB(pair.get()), options);
    return pair;
}

} // namespace postern::test
