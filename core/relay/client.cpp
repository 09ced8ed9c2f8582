#include "core/relay/client.h"

#include "core/relay/server_race.h"

#include <QTimer>

namespace postern::relay {

namespace {
/// For the server to hear, through a loss or two, that the port is free again.
constexpr std::chrono::milliseconds GIVE_BACK_TIME = 1500ms;
} // namespace

Client::Client(const wire::RelayAccess &access, Observer &observer, ClientOptions options)
    : m_race(std::make_shared<ServerRace>(access, observer, options))
{
}

Client::~Client()
{
    m_race->retire();
    QTimer::singleShot(GIVE_BACK_TIME, [race = m_race] { Q_UNUSED(race) });
}

void Client::allocate() { m_race->start(); }

std::optional<Endpoint> Client::relayed() const
{
    const auto *winner = m_race->winner();
    return winner && winner->machine() ? std::optional(winner->machine()->allocation().relayed)
                                       : std::nullopt;
}

std::optional<Endpoint> Client::mapped() const
{
    const auto *winner = m_race->winner();
    return winner && winner->machine() ? std::optional(winner->machine()->allocation().mapped)
                                       : std::nullopt;
}

std::optional<wire::RelayTransport> Client::transport() const
{
    const auto *winner = m_race->winner();
    return winner ? std::optional(winner->transport()) : std::nullopt;
}

void Client::permit(const IpAddress &peer)
{
    if (auto *winner = m_race->winner(); winner && winner->machine())
        winner->permit(peer);
}

void Client::bind(const Endpoint &peer)
{
    if (auto *winner = m_race->winner(); winner && winner->machine())
        winner->bind(peer);
}

SendResult Client::send(const Endpoint &peer, ByteView bytes, const SendOptions &options)
{
    auto *winner = m_race->winner();
    return winner ? winner->send(peer, bytes, options) : SendResult{SendStatus::Unreachable, 0};
}

} // namespace postern::relay
