#include "core/peer/relay_port.h"

namespace postern {

class RelayPort::Path final : public DatagramPath {
public:
    Path(std::shared_ptr<RelayPort> port, const Endpoint &remote)
        : m_port(std::move(port))
        , m_remote(remote)
    {
        m_port->m_paths[m_remote] = this;
    }
    ~Path() override
    {
        if (const auto found = m_port->m_paths.find(m_remote);
            found != m_port->m_paths.end() && found->second == this)
            m_port->m_paths.erase(found);
    }

    Endpoint local() const override { return m_port->relayed(); }
    Endpoint remote() const override { return m_remote; }
    SendResult send(ByteView bytes, const SendOptions &options) override
    {
        return m_port->m_client.send(m_remote, bytes, options);
    }
    void setReceiver(Receiver receiver) override { m_receiver = std::move(receiver); }
    void setWritableHandler(std::function<void()> handler) override
    {
        m_writable = std::move(handler);
    }
    void setIcmpHandler(std::function<void(const IcmpReport &)>) override { }

    void deliver(std::span<const Datagram> datagrams)
    {
        if (const auto receiver = m_receiver) // a copy: the call may destroy this path
            receiver(datagrams);
    }
    void tellWritable()
    {
        if (const auto writable = m_writable)
            writable();
    }

private:
    std::shared_ptr<RelayPort> m_port;
    Endpoint m_remote;
    Receiver m_receiver;
    std::function<void()> m_writable;
};

RelayPort::RelayPort(const wire::RelayAccess &access, Callbacks callbacks)
    : m_callbacks(std::move(callbacks))
    , m_client(access, *this)
{
}

QString RelayPort::strategy() const
{
    switch (m_client.transport().value_or(wire::RelayTransport::Udp)) {
    case wire::RelayTransport::Tcp: return QStringLiteral("relay-tcp");
    case wire::RelayTransport::Tls: return QStringLiteral("relay-tls");
    case wire::RelayTransport::Udp:
    case wire::RelayTransport::COUNT: break;
    }
    return QStringLiteral("relay-udp");
}

std::unique_ptr<DatagramPath> RelayPort::openPath(const Endpoint &remote)
{
    return std::make_unique<Path>(shared_from_this(), remote);
}

void RelayPort::allocated()
{
    if (const auto call = m_callbacks.allocated)
        call();
}

void RelayPort::peerReady(const Endpoint &peer)
{
    if (const auto call = m_callbacks.ready)
        call(peer);
}

void RelayPort::peerRefused(const IpAddress &, const Error &why)
{
    if (const auto call = m_callbacks.ended)
        call(why);
}

void RelayPort::received(std::span<const Datagram> batch)
{
    const auto self = weak_from_this();
    for (std::size_t begin = 0; begin < batch.size() && !self.expired();) {
        std::size_t end = begin + 1;
        while (end < batch.size() && batch[end].from == batch[begin].from)
            ++end;
        const auto found = m_paths.find(batch[begin].from);
        if (found != m_paths.end())
            found->second->deliver(batch.subspan(begin, end - begin));
        begin = end;
    }
}

void RelayPort::writable()
{
    const auto self = shared_from_this();
    const auto paths = m_paths; // handlers may end paths
    for (const auto &[remote, path] : paths)
        if (const auto found = m_paths.find(remote);
            found != m_paths.end() && found->second == path)
            path->tellWritable();
}

void RelayPort::ended(const Error &why)
{
    if (const auto call = m_callbacks.ended)
        call(why);
}

} // namespace postern
