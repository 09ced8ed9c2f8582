#pragma once
// How large a packet may be on one path, where its first link takes more than Ethernet's 1500
// bytes: a machine that tells what to probe and learns from what became of each probe. Source:
// RFC 8899 (DPLPMTUD); what is lost is for QUIC to say (RFC 9000 section 14.3), so there is no
// timer here. A path that stops to carry what it did is no concern of this machine either: its
// channel is replaced when payload stalls, and a new one begins with the smallest again.
//
// Sizes are UDP payloads in bytes. Pure, any thread.

#include "core/base/interface_address.h"

#include <QList>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace postern {

/// What every path carries that carries QUIC (RFC 9000 section 14).
inline constexpr std::size_t LEAST_UDP_PAYLOAD = 1200;
/// An Ethernet frame less IPv6 and UDP headers.
inline constexpr std::size_t ETHERNET_UDP_PAYLOAD = 1500 - 48;
/// A jumbo frame, likewise.
inline constexpr std::size_t JUMBO_UDP_PAYLOAD = 9000 - 48;

/// What may be probed on the way to `peer`: what the link takes that both are on, since no other
/// is known to carry more than Ethernet does; never less than that.
std::size_t largestPayloadTo(const IpAddress &peer, const QList<InterfaceAddress> &own);

class PathMtu {
public:
    struct Probe {
        std::uint64_t number; ///< counted from one
        std::size_t size;
    };

    /// `largest`: what the first link takes.
    explicit PathMtu(std::size_t largest);

    /// Packets may be so large.
    std::size_t size() const { return m_size; }
    /// What to probe now; none while a probe is under way, or when all is known.
    std::optional<Probe> wanted() const;

    /// A probe has left, with fewer bytes than wanted perhaps.
    void sent(const Probe &probe) { m_underWay = probe; }
    void acknowledged(std::uint64_t number);
    void lost(std::uint64_t number);
    /// The peer takes no probes.
    void giveUp() { m_untried.clear(); }

private:
    std::size_t settle(std::uint64_t number);

    std::vector<std::size_t> m_untried; ///< the next one last
    std::size_t m_size = LEAST_UDP_PAYLOAD;
    std::optional<Probe> m_underWay;
    std::uint64_t m_next = 1;
    int m_losses = 0; ///< of the size that is tried
};

} // namespace postern
