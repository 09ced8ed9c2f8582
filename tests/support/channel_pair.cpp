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

std::unique_ptr<ChannelPair> connectTls(const PairKeys &keys)
{
    auto pair = std::make_unique<ChannelPair>();
    ChannelPair *raw = pair.get();
    pair->listener = std::move(*TcpListener::listen(LOOPBACK, {}));
    pair->listener->setAcceptor([raw, keys](std::unique_ptr<TcpSocket> socket) {
        raw->b = TlsChannel::start(std::move(socket), ChannelRole::Responder, keys.b,
                                   {keys.bExpects}, pathOf(PathKind::Tcp), toldB(raw));
    });
    auto socket = std::make_shared<std::unique_ptr<TcpSocket>>();
    auto connecting =
        TcpSocket::connect(pair->listener->local(), [raw, keys, socket](Result<void> connected) {
            if (!connected) {
                raw->outcomeA = connected;
                return;
            }
            raw->a = TlsChannel::start(std::move(*socket), ChannelRole::Initiator, keys.a,
                                       {keys.aExpects}, pathOf(PathKind::Tcp), toldA(raw));
        });
    *socket = std::move(*connecting);
    return pair;
}

} // namespace postern::test
