#pragma once
// A path that keeps the socket open that it leads over, for sockets that are nobody else's.
// Thread: as the path's.

#include "core/transport/datagram_path.h"

#include <memory>

namespace postern {

class KeptPath final : public DatagramPath {
public:
    KeptPath(std::shared_ptr<const void> socket, std::unique_ptr<DatagramPath> path)
        : m_socket(std::move(socket))
        , m_path(std::move(path))
    {
    }

    Endpoint local() const override { return m_path->local(); }
    Endpoint remote() const override { return m_path->remote(); }
    SendResult send(ByteView bytes, const SendOptions &options) override
    {
        return m_path->send(bytes, options);
    }
    void setReceiver(Receiver receiver) override { m_path->setReceiver(std::move(receiver)); }
    void setWritableHandler(std::function<void()> handler) override
    {
        m_path->setWritableHandler(std::move(handler));
    }
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler) override
    {
        m_path->setIcmpHandler(std::move(handler));
    }

private:
    std::shared_ptr<const void> m_socket; ///< the path uses it, hence the order
    std::unique_ptr<DatagramPath> m_path;
};

/// The path over a socket that `owner` holds; null: nobody needs to be told to keep it.
inline Result<std::unique_ptr<DatagramPath>> keeping(std::shared_ptr<const void> owner,
                                                     Result<std::unique_ptr<DatagramPath>> path)
{
    if (!path || !owner)
        return path;
    return std::unique_ptr<DatagramPath>(
        std::make_unique<KeptPath>(std::move(owner), std::move(*path)));
}

} // namespace postern
