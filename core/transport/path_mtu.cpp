#include "core/transport/path_mtu.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern {

namespace {

/// RFC 8899 section 5.1.2, MAX_PROBES.
constexpr int MAX_PROBES = 3;
constexpr int HEADERS = 48; ///< of IPv6 and UDP
/// What links take that take more than Ethernet does, in the order of trial: the common one soon
/// serves the first packets, then the largest, then half of it.
constexpr std::array TRIED{ETHERNET_UDP_PAYLOAD, JUMBO_UDP_PAYLOAD, std::size_t{4500 - 48}};

} // namespace

std::size_t largestPayloadTo(const IpAddress &peer, const QList<InterfaceAddress> &own)
{
    std::size_t largest = ETHERNET_UDP_PAYLOAD;
    for (const InterfaceAddress &one : own)
        if (one.up && one.prefix > 0 && one.mtu > HEADERS
            && one.address.sharesPrefix(peer, one.prefix))
            largest = std::max(largest, static_cast<std::size_t>(one.mtu - HEADERS));
    return std::min(largest, JUMBO_UDP_PAYLOAD);
}

PathMtu::PathMtu(std::size_t largest)
{
    for (const std::size_t size : TRIED)
        if (const std::size_t most = std::min(size, largest);
            most > m_size && std::find(m_untried.begin(), m_untried.end(), most) == m_untried.end())
            m_untried.push_back(most);
    std::reverse(m_untried.begin(), m_untried.end());
}

std::optional<PathMtu::Probe> PathMtu::wanted() const
{
    if (m_underWay || m_untried.empty())
        return std::nullopt;
    return Probe{m_next, m_untried.back()};
}

void PathMtu::acknowledged(std::uint64_t number)
{
    if (const std::size_t size = settle(number); size > 0) {
        m_size = std::max(m_size, size);
        m_losses = 0;
        m_untried.pop_back();
        std::erase_if(m_untried, [this](std::size_t untried) { return untried <= m_size; });
    }
}

void PathMtu::lost(std::uint64_t number)
{
    if (settle(number) == 0 || ++m_losses < MAX_PROBES)
        return;
    m_losses = 0;
    std::erase_if(m_untried, [tooLarge = m_untried.back()](std::size_t untried) {
        return untried >= tooLarge;
    });
}

/// The size of the probe that is over now; 0 if it is not the one under way.
std::size_t PathMtu::settle(std::uint64_t number)
{
    if (!m_underWay || m_underWay->number != number)
        return 0;
    m_next = number + 1;
    return std::exchange(m_underWay, std::nullopt)->size;
}

} // namespace postern
