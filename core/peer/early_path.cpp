#include "core/peer/early_path.h"

namespace postern {

EarlyPath::EarlyPath(std::unique_ptr<DatagramPath> path, std::function<void()> arrived)
    : m_path(std::move(path))
    , m_arrived(std::move(arrived))
    , m_release([this] { release(); })
{
    m_path->setReceiver([this](std::span<const Datagram> datagrams) { hold(datagrams); });
}

SendResult EarlyPath::send(ByteView bytes, const SendOptions &options)
{
    return m_path->send(bytes, options);
}

void EarlyPath::setWritableHandler(std::function<void()> handler)
{
    m_path->setWritableHandler(std::move(handler));
}

void EarlyPath::setIcmpHandler(std::function<void(const IcmpReport &)> handler)
{
    m_path->setIcmpHandler(std::move(handler));
}

/// The reader is in the middle of its own call: what is held comes at the next turn.
void EarlyPath::setReceiver(Receiver receiver)
{
    if (m_held.isEmpty())
        return m_path->setReceiver(std::move(receiver));
    m_receiver = std::move(receiver);
    m_release.set(monotonicNow());
}

void EarlyPath::hold(std::span<const Datagram> datagrams)
{
    constexpr std::uint8_t LONG_HEADER = 0x80; // RFC 9000 section 17.2
    for (const auto &datagram : datagrams) {
        const bool handshake =
            !datagram.bytes.empty() && (datagram.bytes.front() & LONG_HEADER) != 0;
        if (m_held.isEmpty() && !handshake)
            continue; // of an older channel with the same addresses
        if (m_held.size() < MOST_HELD)
            m_held.append({datagram, toByteArray(datagram.bytes)});
    }
    if (m_held.isEmpty())
        return;
    if (const auto arrived = std::exchange(m_arrived, {}))
        arrived();
}

void EarlyPath::release()
{
    const auto held = std::exchange(m_held, {});
    const auto receiver = m_receiver;
    m_path->setReceiver(receiver);
    std::vector<Datagram> datagrams;
    for (const auto &one : held) {
        datagrams.push_back(one.meta);
        datagrams.back().bytes = viewOf(one.bytes);
    }
    receiver(datagrams); // may destroy this path
}

} // namespace postern
