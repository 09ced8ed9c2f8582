#include "core/relay/udp_link.h"

#include "core/stun/channel_data.h"

#include <algorithm>

namespace postern::relay {

Result<std::unique_ptr<UdpLink>> UdpLink::open(const Endpoint &server, Handlers handlers)
{
    auto socket = UdpSocket::bind({IpAddress::any(server.address.family()), 0});
    if (!socket)
        return socket.error();
    return std::unique_ptr<UdpLink>(new UdpLink(std::move(*socket), server, std::move(handlers)));
}

UdpLink::UdpLink(std::unique_ptr<UdpSocket> socket, const Endpoint &server, Handlers handlers)
    : m_server(server)
    , m_handlers(std::move(handlers))
    , m_socket(std::move(socket))
    , m_opening([this] { m_handlers.opened(); })
{
    m_socket->setReceiver([this](std::span<const Datagram> batch) { arrived(batch); });
    m_socket->setWritableHandler([this] { m_handlers.writable(); });
    m_opening.set(Instant::min()); // in this thread, which need not be the application's
}

UdpLink::~UdpLink() = default;

void UdpLink::arrived(std::span<const Datagram> batch)
{
    m_messages.clear();
    for (const Datagram &datagram : batch) {
        if (datagram.from == m_server) // anyone may send to a port
            m_messages.push_back(datagram.bytes);
    }
    if (!m_messages.empty())
        m_handlers.received(m_messages);
}

SendStatus UdpLink::send(ByteView message) { return m_socket->send(m_server, message).status; }

SendResult UdpLink::sendChannel(const ChannelRun &run)
{
    const std::size_t segment =
        run.options.segmentSize > 0 ? run.options.segmentSize : run.data.size();
    m_run.clear();
    for (std::size_t at = 0; at < run.data.size(); at += segment) {
        const ByteView data = run.data.subspan(at, std::min(segment, run.data.size() - at));
        const auto header = stun::channelHeader(run.channel, data.size());
        m_run.append(borrowedByteArray(header)).append(borrowedByteArray(data));
    }
    const std::size_t framed = segment + stun::CHANNEL_HEADER_BYTES;
    SendOptions options;
    options.segmentSize = framed;
    options.ecn = run.options.ecn;
    SendResult result = m_socket->send(m_server, viewOf(m_run), options);
    const std::size_t whole = result.sent / framed;
    result.sent = std::min(run.data.size(), whole * segment + result.sent % framed);
    if (result.status == SendStatus::Sent)
        result.sent = run.data.size();
    return result;
}

} // namespace postern::relay
