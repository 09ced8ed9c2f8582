#pragma once
// A non-blocking TCP connection: readiness in, raw reads and gathered writes out. The
// channel above does its own buffering and encryption.
//
// Handlers run on the owner's event loop, never from inside a call, and may destroy the
// socket. Thread: one with an event loop; all calls from it.

#include "core/base/clock.h"
#include "core/net/platform_socket.h"

#include <functional>
#include <memory>
#include <optional>

namespace postern {

enum class IoStatus {
    Done, ///< some bytes moved
    WouldBlock,
    Ended, ///< the peer ended its direction (reading only)
    Failed, ///< the connection is gone
};

struct IoResult {
    IoStatus status = IoStatus::Done;
    std::size_t bytes = 0;
};

class TcpSocket {
public:
    struct ConnectOptions {
        std::optional<Endpoint> from; ///< connect from this address and port
        bool sharePort = false; ///< `from` is a listener's port that allows it (RFC 5382 section 4)
        int hopLimit = 0; ///< TTL of the first packets; 0: the system's
    };

    /// Starts to connect; the connected handler tells the outcome, once. The system's own
    /// time-out is minutes: an owner in a hurry destroys the socket.
    static Result<std::unique_ptr<TcpSocket>> connect(const Endpoint &to,
                                                      const ConnectOptions &options,
                                                      std::function<void(Result<void>)> connected);
    static Result<std::unique_ptr<TcpSocket>> connect(const Endpoint &to,
                                                      std::function<void(Result<void>)> connected)
    {
        return connect(to, ConnectOptions(), std::move(connected));
    }

    /// Takes over a connected socket; `slot` is held as long as the connection lives.
    TcpSocket(net::OwnedSocket socket, std::shared_ptr<void> slot);
    ~TcpSocket();

    Endpoint local() const { return net::localEndpoint(m_socket.get()); }
    Endpoint remote() const { return m_remote; }

    /// Bytes written that the other end has not acknowledged, those not sent yet included; 0
    /// where the system does not tell. And its estimate of the round trip, likewise.
    std::size_t unacknowledged() const;
    Duration roundTrip() const;

    /// Called whenever bytes (or an end, or an error) wait; an empty handler stops that.
    void setReadableHandler(std::function<void()> handler);
    /// Called whenever there is room to write; an empty handler stops that.
    void setWritableHandler(std::function<void()> handler);

    IoResult read(MutableByteView out);
    /// One gathered write; may take fewer bytes than offered.
    IoResult write(std::span<const ByteView> parts);
    IoResult write(ByteView bytes) { return write(std::span(&bytes, 1)); }

    /// Ends our direction; the peer reads what was written, then the end.
    void shutdownWrite();
    /// When this is destroyed the connection ends with a reset, which leaves nothing behind: the
    /// same two ports may connect again at once.
    void resetAtEnd();

private:
    class Watches;
    void finishConnecting();

    net::OwnedSocket m_socket;
    Endpoint m_remote;
    std::shared_ptr<void> m_slot;
    std::function<void(Result<void>)> m_connected; ///< empty once told
    std::function<void()> m_readable;
    std::function<void()> m_writable;
    std::unique_ptr<Watches> m_watches;
};

} // namespace postern
