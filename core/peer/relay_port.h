#pragma once
// Our port at a relay, and the datagram paths over it. A path keeps the port; when the last
// one is gone, and its maker, the port is given back.
//
// Thread: engine thread. Callbacks come from the event loop.

#include "core/relay/client.h"
#include "core/transport/datagram_path.h"

#include <functional>
#include <map>
#include <memory>

namespace postern {

class RelayPort final : public std::enable_shared_from_this<RelayPort>, private relay::Observer {
public:
    struct Callbacks {
        std::function<void()> allocated;
        /// The peer's packets come in, and ours to it cost least.
        std::function<void(const Endpoint &peer)> ready;
        std::function<void(const Error &)> ended;
    };

    RelayPort(const wire::RelayAccess &access, Callbacks callbacks);

    void allocate() { m_client.allocate(); }
    /// Where peers reach us; null before `allocated`.
    Endpoint relayed() const { return m_client.relayed().value_or(Endpoint()); }
    void open(const Endpoint &peer) { m_client.bind(peer); }
    /// "relay-udp", "relay-tcp" or "relay-tls": how we reach the relay.
    QString strategy() const;
    /// The maker goes: its callbacks are not called any more. Paths stay.
    void forgetMaker() { m_callbacks = {}; }

    /// What comes from that peer. One path a peer at a time.
    std::unique_ptr<DatagramPath> openPath(const Endpoint &remote);

private:
    class Path;

    void allocated() override;
    void peerReady(const Endpoint &peer) override;
    void peerRefused(const IpAddress &address, const Error &why) override;
    void received(std::span<const Datagram> batch) override;
    void writable() override;
    void ended(const Error &why) override;

    Callbacks m_callbacks;
    std::map<Endpoint, Path *> m_paths;
    relay::Client m_client;
};

} // namespace postern
