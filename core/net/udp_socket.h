#pragma once
// A bound, non-blocking UDP socket of one address family. Sends runs of datagrams and
// receives them many at a time. Errors that ICMP reports are told, and never end it.
//
// Handlers run on the owner's event loop, never from inside send(), and may destroy the
// socket. Thread: one with an event loop; all calls from it.

#include "core/net/datagram_io.h"

#include <functional>
#include <memory>

namespace postern {

class UdpSocket {
public:
    struct Options {
        bool orFreePort = false; ///< take a free port where the wanted one is taken
        bool batched = true; ///< false: the portable path, where there are two
        int receiveBuffer = 8 * 1024 * 1024; ///< the kernel's, as far as it allows
        int sendBuffer = 4 * 1024 * 1024;
    };
    using Receiver = std::function<void(std::span<const Datagram>)>;

    /// `local` is an address of this machine, or the unspecified one for all of its family.
    static Result<std::unique_ptr<UdpSocket>> bind(const Endpoint &local, const Options &options);
    static Result<std::unique_ptr<UdpSocket>> bind(const Endpoint &local)
    {
        return bind(local, Options());
    }
    ~UdpSocket();

    Endpoint local() const { return m_local; }

    void setReceiver(Receiver receiver) { m_receiver = std::move(receiver); }
    /// Called once after a send that would have blocked, when there is room again.
    void setWritableHandler(std::function<void()> handler) { m_writable = std::move(handler); }
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler)
    {
        m_icmp = std::move(handler);
    }

    /// Sends one datagram, or a run of them with options.segmentSize. Datagrams have the
    /// don't-fragment bit set where the system allows.
    SendResult send(const Endpoint &to, ByteView bytes, const SendOptions &options = {});

private:
    UdpSocket(net::OwnedSocket socket, const Options &options);
    void readable();
    void writable();

    net::OwnedSocket m_socket;
    Endpoint m_local;
    std::unique_ptr<net::DatagramIo> m_io;
    Receiver m_receiver;
    std::function<void()> m_writable;
    std::function<void(const IcmpReport &)> m_icmp;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
    class Watches;
    std::unique_ptr<Watches> m_watches;
};

} // namespace postern
