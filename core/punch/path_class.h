#pragma once
// What a path is called: its kind for badges and JSON, its strategy for timelines. Values,
// any thread.

#include "core/punch/local_addresses.h"

namespace postern::punch {

/// What a user may restrict the search to.
enum class PathFilter { Auto, Lan, Tcp, Udp, Relay, COUNT };

enum class PathClass { Lan, Tcp, Udp };

/// How a path came about.
enum class Strategy {
    TcpHost,
    TcpPublic,
    UdpHost,
    UdpPunch,
    UdpHairpin, ///< through the outside of the NAT that both stand behind
    UdpPredict, ///< to ports that were told before they were given
    UdpBirthday, ///< one of many guesses met one of many ports
    TcpSimultaneous, ///< through both NATs, both from the port they listen on
};
/// Stable names: "tcp-host", "tcp-public", "udp-host", "udp-punch", "udp-hairpin",
/// "udp-predict", "udp-birthday", "tcp-simultaneous".
QString strategyName(Strategy strategy);

/// Both ends of what is known for telling LAN from the rest.
struct Surroundings {
    QList<InterfaceAddress> local; ///< our interfaces
    QList<IpAddress> ownPublic; ///< the addresses servers see us at
    QList<IpAddress> peerPublic; ///< those that the peer offered as seen by servers
};

/// Both sides are seen at one public address: they stand behind one NAT.
bool shareNat(const Surroundings &surroundings);

/// True if the remote is near: a private, link-local or loopback address, one on a network of
/// ours, or a host candidate of a peer that stands behind our own NAT.
bool isLanRemote(const Endpoint &remote, CandidateType type, const Surroundings &surroundings);

/// `lan` as isLanRemote() says; it matters for TCP only.
Strategy strategyOf(Transport transport, CandidateType type, const Endpoint &remote,
                    bool lan = false);

/// A path the user forced to TCP or UDP is called that, wherever its ends stand.
PathClass classOf(Transport transport, bool lan, PathFilter filter);

} // namespace postern::punch
