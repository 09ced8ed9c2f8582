#include "core/punch/volley.h"

#include <algorithm>

namespace postern::punch {

namespace {

constexpr int BURST = 4; ///< leave together: fewer wake-ups, and no router minds
constexpr Duration EASING_PAUSE = 500ms;
constexpr int EASING_FACTOR = 4;

} // namespace

VolleyRun::VolleyRun(Volley volley, Instant now)
    : m_volley(std::move(volley))
    , m_firedAt(m_volley.aims.size(), NEVER)
    , m_pacer(m_volley.interval, BURST)
    , m_startedAt(now)
{
    if (m_volley.aims.empty())
        m_pass = m_volley.passes.size();
}

Instant VolleyRun::passBegins() const { return m_startedAt + m_volley.passes[m_pass].after; }

std::optional<VolleyRun::Shot> VolleyRun::next(Instant now)
{
    if (isOver() || now < passBegins() || !m_pacer.isReady(now))
        return std::nullopt;
    m_pacer.sent(now);
    m_firedAt[m_aim] = now;
    ++m_shots;
    const Shot shot{m_volley.aims[m_aim], m_volley.passes[m_pass].low ? m_volley.ttl : 0};
    if (++m_aim == m_volley.aims.size()) {
        m_aim = 0;
        ++m_pass;
    }
    return shot;
}

void VolleyRun::ease(Instant now)
{
    m_volley.interval *= EASING_FACTOR;
    m_pacer = Pacer(m_volley.interval, 1);
    m_pacer.pauseUntil(now + EASING_PAUSE);
}

Instant VolleyRun::nextDeadline() const
{
    return isOver() ? NEVER : std::max(passBegins(), m_pacer.readyAt());
}

std::optional<int> VolleyRun::aimAt(int socket, const Endpoint &remote) const
{
    const auto &aims = m_volley.aims;
    const auto found = std::find_if(aims.begin(), aims.end(), [&](const Aim &aim) {
        return aim.socket == socket && aim.remote == remote;
    });
    if (found == aims.end())
        return std::nullopt;
    return static_cast<int>(found - aims.begin());
}

std::optional<Instant> VolleyRun::firedAt(int aim) const
{
    const Instant at = m_firedAt[static_cast<std::size_t>(aim)];
    return at == NEVER ? std::nullopt : std::optional(at);
}

std::vector<std::uint16_t> randomPorts(const RandomSource &random, const PortsToGuess &range,
                                       int count)
{
    std::vector<std::uint16_t> ports;
    for (int port = range.lowest; port <= range.highest; ++port)
        if (!range.even || port % 2 == 0)
            ports.push_back(static_cast<std::uint16_t>(port));
    const auto wanted = std::min(ports.size(), static_cast<std::size_t>(std::max(count, 0)));
    std::vector<std::uint32_t> numbers(wanted);
    random({reinterpret_cast<std::uint8_t *>(numbers.data()), wanted * sizeof(std::uint32_t)});
    for (std::size_t i = 0; i < wanted; ++i) // Fisher-Yates, as far as it is needed
        std::swap(ports[i], ports[i + numbers[i] % (ports.size() - i)]);
    ports.resize(wanted);
    return ports;
}

} // namespace postern::punch
