#pragma once
// One try at one TURN server: a link, and on it an allocation. Follows the server's redirects,
// a few. Joins AllocationMachine to ServerLink and the clock; decides nothing.
// Thread: engine thread.

#include "core/net/deadline_timer.h"
#include "core/relay/allocation_machine.h"
#include "core/relay/server_link.h"
#include "core/wire/rendezvous_messages.h"

#include <QObject>

namespace postern::relay {

class ServerAttempt final : public QObject {
public:
    struct Handlers {
        std::function<void(const AllocationEvent &)> happened;
        std::function<void(std::span<const Datagram>)> received;
        std::function<void()> writable;
    };
    struct Order {
        wire::RelayServer server;
        QByteArray username;
        QByteArray password;
        IpAddress::Family family = IpAddress::Family::V4;
        RandomSource random;
    };

    ServerAttempt(Order order, Handlers handlers);
    ~ServerAttempt() override;

    void start();
    bool hasStarted() const { return m_started; }
    bool hasEnded() const { return m_ended; }
    /// Gives the allocation back, now or as soon as it comes.
    void dismiss();

    wire::RelayTransport transport() const { return m_order.server.transport; }
    const AllocationMachine *machine() const { return m_machine ? &*m_machine : nullptr; }
    void permit(const IpAddress &peer);
    void bind(const Endpoint &peer);
    SendResult send(const Endpoint &peer, ByteView bytes, const SendOptions &options);

private:
    void openLink();
    void openUdp(const IpAddress &address);
    ServerLink::Handlers linkHandlers();
    void linkOpened();
    void linkReceived(std::span<const ByteView> messages);
    void redirect(const Endpoint &to);
    void fail(const Error &why);
    void expired();
    void transmit();
    void tellEvents();
    SendResult sendSingly(const Endpoint &peer, ByteView bytes, std::size_t segment);

    Order m_order;
    Handlers m_handlers;
    std::unique_ptr<ServerLink> m_link;
    std::unique_ptr<ServerLink> m_oldLink; ///< its call may be above us
    std::optional<AllocationMachine> m_machine;
    std::vector<Endpoint> m_visited;
    std::vector<Datagram> m_batch;
    Instant m_patience = NEVER; ///< for the link to open
    DeadlineTimer m_timer;
    bool m_started = false;
    bool m_dismissed = false;
    bool m_ended = false;
    std::optional<Error> m_failure; ///< not told yet
};

} // namespace postern::relay
