#include "core/peer/udp_door.h"

#include "core/stun/message.h"

namespace postern {

/// One remote address of the door; the door outlives it or tells it to stop.
class UdpDoor::Path final : public DatagramPath {
public:
    Path(UdpDoor &door, const Endpoint &remote)
        : m_door(door)
        , m_doorAlive(door.m_alive)
        , m_remote(remote)
    {
    }
    ~Path() override
    {
        if (m_doorAlive.expired())
            return;
        auto &paths = m_door.m_paths[m_remote];
        paths.removeOne(this);
        if (paths.isEmpty())
            m_door.m_paths.remove(m_remote);
    }

    Endpoint local() const override
    {
        const auto *socket = m_doorAlive.expired() ? nullptr : m_door.socketFor(m_remote);
        return socket ? socket->local() : Endpoint();
    }
    Endpoint remote() const override { return m_remote; }

    SendResult send(ByteView bytes, const SendOptions &options) override
    {
        auto *socket = m_doorAlive.expired() ? nullptr : m_door.socketFor(m_remote);
        if (!socket)
            return {SendStatus::Failed, 0};
        const auto result = socket->send(m_remote, bytes, options);
        m_blocked = result.status == SendStatus::WouldBlock;
        return result;
    }
    void setReceiver(Receiver receiver) override { m_receiver = std::move(receiver); }
    void setWritableHandler(std::function<void()> handler) override
    {
        m_writable = std::move(handler);
    }
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler) override
    {
        m_icmp = std::move(handler);
    }

    void deliver(std::span<const Datagram> datagrams)
    {
        if (const auto receiver = m_receiver) // a copy: the call may destroy this path
            receiver(datagrams);
    }
    bool isSettled() const { return m_settled; }
    void settle() { m_settled = true; }
    void tellWritable()
    {
        if (!std::exchange(m_blocked, false))
            return;
        if (const auto writable = m_writable)
            writable();
    }
    void tellIcmp(const IcmpReport &report)
    {
        if (const auto icmp = m_icmp)
            icmp(report);
    }

private:
    UdpDoor &m_door;
    std::weak_ptr<bool> m_doorAlive;
    Endpoint m_remote;
    bool m_blocked = false;
    bool m_settled = false;
    Receiver m_receiver;
    std::function<void()> m_writable;
    std::function<void(const IcmpReport &)> m_icmp;
};

UdpDoor::~UdpDoor()
{
    for (auto *socket : {m_v4, m_v6}) {
        if (!socket)
            continue;
        socket->setReceiver({});
        socket->setWritableHandler({});
        socket->setIcmpHandler({});
    }
}

void UdpDoor::watch(UdpSocket &socket)
{
    (socket.local().address.isV4() ? m_v4 : m_v6) = &socket;
    socket.setReceiver([this](std::span<const Datagram> datagrams) { received(datagrams); });
    socket.setWritableHandler([this] { writable(); });
    socket.setIcmpHandler([this](const IcmpReport &report) {
        for (auto *path : m_paths.value(report.to))
            path->tellIcmp(report);
    });
}

UdpDoor::TakerNumber UdpDoor::addStunTaker(StunTaker taker)
{
    m_takers.emplace(m_nextTaker, std::move(taker));
    return m_nextTaker++;
}

void UdpDoor::send(const Endpoint &to, ByteView bytes, int hopLimit)
{
    SendOptions options;
    options.hopLimit = hopLimit;
    if (auto *socket = socketFor(to))
        (void)socket->send(to, bytes, options);
}

Result<std::unique_ptr<DatagramPath>> UdpDoor::openPath(const Endpoint &remote)
{
    const auto others = m_paths.value(remote);
    if (!socketFor(remote) || (!others.isEmpty() && !others.last()->isSettled()))
        return {ErrorCode::InvalidArgument,
                QStringLiteral("%1 can't have another path.").arg(remote.toString())};
    auto path = std::make_unique<Path>(*this, remote);
    m_paths[remote].append(path.get());
    return std::unique_ptr<DatagramPath>(std::move(path));
}

void UdpDoor::settle(const Endpoint &remote)
{
    for (auto *path : m_paths.value(remote))
        path->settle();
}

UdpSocket *UdpDoor::socketFor(const Endpoint &remote) const
{
    return remote.address.isV4() ? m_v4 : m_v6;
}

/// A batch is mostly one peer's packets: runs of one address are delivered in one call.
void UdpDoor::received(std::span<const Datagram> datagrams)
{
    const std::weak_ptr<bool> alive = m_alive;
    for (std::size_t begin = 0; begin < datagrams.size() && !alive.expired();) {
        if (stun::looksLikeStun(datagrams[begin].bytes)) {
            receivedStun(datagrams[begin++]);
            continue;
        }
        std::size_t end = begin + 1;
        while (end < datagrams.size() && datagrams[end].from == datagrams[begin].from
               && !stun::looksLikeStun(datagrams[end].bytes))
            ++end;
        deliver(datagrams[begin].from, datagrams.subspan(begin, end - begin));
        begin = end;
    }
}

/// Where an old channel and a new one have the same addresses, handshakes are the new one's;
/// other packets are shown to both, and the one whose keys don't fit drops them.
void UdpDoor::deliver(const Endpoint &from, std::span<const Datagram> datagrams)
{
    const auto paths = m_paths.value(from); // a copy: a path may end others, or the door
    if (paths.isEmpty())
        return;
    constexpr std::uint8_t LONG_HEADER = 0x80; // RFC 9000 section 17.2
    const auto first = datagrams.front().bytes;
    if (!first.empty() && (first.front() & LONG_HEADER) != 0)
        return paths.last()->deliver(datagrams);
    const std::weak_ptr<bool> alive = m_alive;
    for (auto *path : paths)
        if (!alive.expired() && m_paths.value(from).contains(path))
            path->deliver(datagrams);
}

void UdpDoor::receivedStun(const Datagram &datagram)
{
    const std::weak_ptr<bool> alive = m_alive;
    QList<TakerNumber> numbers; // takers come and go while they are asked
    for (const auto &[number, taker] : m_takers)
        numbers.append(number);
    for (const auto number : numbers) {
        const auto found = m_takers.find(number);
        if (found == m_takers.end())
            continue;
        const auto taker = found->second;
        if (taker(datagram) || alive.expired())
            return;
    }
}

void UdpDoor::writable()
{
    for (const auto &remote : m_paths.keys()) // a copy: handlers may end paths
        for (auto *path : m_paths.value(remote))
            if (m_paths.value(remote).contains(path))
                path->tellWritable();
}

} // namespace postern
