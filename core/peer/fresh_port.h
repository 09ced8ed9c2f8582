#pragma once
// A UDP port for one connection alone. Where a NAT cuts its mappings at a certain age, the main
// port's may be of any age, and packets to another peer don't make it younger; this one's is born
// with the question where it is seen, so the path's life is known from its beginning.
//
// It lives as long as the connection that is made and the paths opened over it.
//
// Thread: engine thread. Source: FACTS.md section 3, "make before break where the cut is known".

#include "core/net/local_port.h"
#include "core/peer/stun_question.h"

namespace postern {

class FreshPort : public std::enable_shared_from_this<FreshPort> {
public:
    /// Null where the system has no port left.
    static std::shared_ptr<FreshPort> open();
    ~FreshPort();

    /// Asks where it is seen; `done` comes from the event loop when that is told, or in doubt
    /// after `patience`.
    void ask(const Endpoint &stunServer, Duration patience, std::function<void()> done);

    UdpDoor &door() { return m_door; }
    std::uint16_t number() const { return m_port.number; }
    const Endpoint &mapped() const { return m_mapped; } ///< null: not known
    Result<std::unique_ptr<DatagramPath>> openPath(const Endpoint &remote);

private:
    explicit FreshPort(LocalPort port);

    LocalPort m_port; ///< the door uses its sockets, hence the order
    UdpDoor m_door;
    Endpoint m_mapped;
    std::optional<StunQuestion> m_question;
};

} // namespace postern
