#include "core/portmap/igd_machine.h"

#include <QtEndian>

#include <algorithm>
#include <array>

namespace postern::portmap {

namespace {

/// Datagrams get lost: UPnP Device Architecture 1.1 section 1.3.2 asks for more than one.
constexpr std::array SEARCH_AT = {Duration(0ms), Duration(300ms), Duration(1200ms)};
constexpr std::uint16_t LOWEST_PORT = 1024; // below, routers keep ports for themselves

} // namespace

IgdMachine::IgdMachine(const Config &config, RandomSource random, Instant now)
    : m_config(config)
    , m_random(std::move(random))
    , m_nextSearch(now)
    , m_searchEnds(now + ANSWER_PATIENCE)
{
}

// --- finding the device ------------------------------------------------------------------

std::optional<IgdMachine::Packet> IgdMachine::pollTransmit(Instant now)
{
    if (m_step == Step::Searching && m_state == State::Asking && now >= m_nextSearch) {
        for (const Endpoint &to : {ssdpGroup(), Endpoint{m_config.gateway, SSDP_PORT}})
            m_packets.push_back({to, ssdpSearch(to)});
        const auto at = static_cast<std::size_t>(m_searches++);
        m_nextSearch =
            at + 1 < SEARCH_AT.size() ? now + (SEARCH_AT[at + 1] - SEARCH_AT[at]) : NEVER;
    }
    if (m_packets.empty())
        return std::nullopt;
    Packet packet = std::move(m_packets.front());
    m_packets.pop_front();
    return packet;
}

/// A neighbour speaks for itself only; nobody sends us to a third machine, or to ourselves.
bool IgdMachine::isNearby(const HttpUrl &place, const Endpoint &from) const
{
    const IpAddress &address = place.server.address;
    return address == from.address && address.sharesPrefix(m_config.local, m_config.prefix)
        && address != m_config.local && !address.isMulticastOrBroadcast();
}

bool IgdMachine::handleDatagram(Instant now, const Endpoint &from, ByteView bytes)
{
    const auto place = parseSsdpAnswer(bytes);
    if (!place)
        return false;
    const bool known = std::find(m_places.begin(), m_places.end(), *place) != m_places.end();
    if (m_state != State::Asking || known || m_places.size() >= MAX_PLACES
        || !isNearby(*place, from))
        return true;
    m_places.push_back(*place);
    if (m_step == Step::Searching)
        describeNext(now);
    return true;
}

void IgdMachine::ask(Instant now, HttpRequest request)
{
    m_open.push_back(++m_lastNumber);
    m_exchanges.push_back({m_lastNumber, std::move(request)});
    m_answerBy = now + (m_state == State::Removing ? REMOVAL_PATIENCE : ANSWER_PATIENCE);
}

void IgdMachine::describeNext(Instant now)
{
    m_service.reset();
    if (m_nextPlace < m_places.size()) {
        m_step = Step::Describing;
        m_place = m_places[m_nextPlace++];
        ask(now, {m_place, {}, {}});
    } else if (now < m_searchEnds) {
        m_step = Step::Searching;
    } else {
        m_state = State::Over;
    }
}

void IgdMachine::described(Instant now, const std::optional<HttpResponse> &response)
{
    if (response && response->status == 200)
        m_service = parseDescription(response->body, m_place);
    if (!m_service)
        return describeNext(now);
    m_step = Step::AskingAddress;
    ask(now, askExternalAddress(*m_service));
}

void IgdMachine::addressed(Instant now, const std::optional<HttpResponse> &response)
{
    const IgdAnswer answer = response ? parseAnswer(*response) : IgdAnswer();
    if (!answer.ok || answer.external.isUnspecified())
        return describeNext(now); // a device without a line maps nothing
    m_external = answer.external;
    m_step = Step::Idle;
    m_state = State::Able;
}

// --- mapping -----------------------------------------------------------------------------

void IgdMachine::map(Instant now)
{
    if (m_state != State::Able)
        return;
    m_state = State::Mapping;
    begin(now);
}

void IgdMachine::begin(Instant now)
{
    m_step = Step::Adding;
    m_adding = &m_tcp;
    m_wanted = m_tcp.port != 0 ? m_tcp.port : m_config.port;
    m_tries = 0;
    m_unanswered = false;
    m_renewAt = NEVER;
    add(now);
}

void IgdMachine::add(Instant now)
{
    ask(now,
        askMapping(*m_service,
                   {m_adding->transport, m_wanted, m_config.port, m_config.local,
                    m_permanent ? std::chrono::seconds(0) : WANTED_LIFETIME}));
}

/// Heals what an error code names, if it can be healed.
bool IgdMachine::mayTryAgain(int error)
{
    switch (error) {
    case ONLY_PERMANENT_LEASES:
    case INVALID_ARGUMENTS: return !std::exchange(m_permanent, true);
    case CONFLICT_IN_MAPPING:
    case CONFLICT_WITH_OTHER_MECHANISM: m_wanted = randomPort(); return ++m_tries < MAX_PORTS;
    default: return false;
    }
}

void IgdMachine::added(Instant now, const std::optional<HttpResponse> &response)
{
    const IgdAnswer answer = response ? parseAnswer(*response) : IgdAnswer();
    if (answer.ok) {
        m_adding->port = m_wanted;
    } else if (!response) {
        m_unanswered = true; // what was held before lasts on
    } else {
        if (mayTryAgain(answer.error))
            return add(now);
        m_adding->port = 0;
    }
    if (m_adding == &m_tcp) {
        m_adding = &m_udp;
        m_wanted = m_udp.port != 0 ? m_udp.port : (m_tcp.port != 0 ? m_tcp.port : m_config.port);
        m_tries = 0;
        return add(now);
    }
    settle(now);
}

void IgdMachine::settle(Instant now)
{
    m_step = Step::Idle;
    m_adding = nullptr;
    if (!m_unanswered || m_expires == NEVER)
        m_expires = m_permanent ? NEVER : now + WANTED_LIFETIME;
    const bool expired = now >= m_expires;
    if (expired || (m_tcp.port == 0 && m_udp.port == 0)) {
        m_mapping.reset();
        m_state = State::Over;
        return;
    }
    const Duration left = m_permanent ? Duration(WANTED_LIFETIME) : m_expires - now;
    m_renewAt = now + std::max<Duration>(left / 2, LEAST_RENEWAL);
    m_state = State::Held;
    m_mapping =
        PortMapping{Method::Upnp, m_external, m_tcp.port, m_udp.port, m_place.server, m_permanent};
}

std::uint16_t IgdMachine::randomPort() const
{
    std::array<std::uint8_t, 2> bytes{};
    m_random(bytes);
    return std::max(qFromBigEndian<quint16>(bytes.data()), LOWEST_PORT);
}

void IgdMachine::remove(Instant now)
{
    if (m_state == State::Removing || m_state == State::Gone)
        return;
    const bool asked = m_state == State::Mapping || m_state == State::Held;
    if (m_adding && m_adding->port == 0)
        m_adding->port = m_wanted; // its answer is on the way
    m_adding = nullptr;
    m_step = Step::Idle;
    m_mapping.reset();
    m_open.clear();
    m_exchanges.clear();
    m_answerBy = m_renewAt = m_expires = NEVER;
    m_state = State::Removing;
    for (const Lease &lease : {m_tcp, m_udp})
        if (asked && lease.port != 0)
            ask(now, askRemoval(*m_service, lease.transport, lease.port));
    if (m_open.empty())
        m_state = State::Gone;
}

// --- the conversation --------------------------------------------------------------------

std::optional<IgdMachine::Exchange> IgdMachine::pollExchange()
{
    if (m_exchanges.empty())
        return std::nullopt;
    Exchange exchange = std::move(m_exchanges.front());
    m_exchanges.pop_front();
    return exchange;
}

bool IgdMachine::isOpen(int number) const
{
    return std::find(m_open.begin(), m_open.end(), number) != m_open.end();
}

void IgdMachine::handleResponse(Instant now, int number,
                                const std::optional<HttpResponse> &response)
{
    if (!isOpen(number))
        return;
    std::erase(m_open, number);
    if (m_open.empty())
        m_answerBy = NEVER;
    if (m_state == State::Removing) {
        if (m_open.empty())
            m_state = State::Gone;
        return;
    }
    switch (m_step) {
    case Step::Describing: return described(now, response);
    case Step::AskingAddress: return addressed(now, response);
    case Step::Adding: return added(now, response);
    case Step::Searching:
    case Step::Idle: break;
    }
}

void IgdMachine::handleTimeout(Instant now)
{
    if (now >= m_answerBy) {
        const auto overdue = m_open;
        for (const int number : overdue)
            handleResponse(now, number, std::nullopt);
    }
    if (m_state == State::Asking && m_step == Step::Searching && now >= m_searchEnds)
        m_state = State::Over;
    if (now >= m_renewAt)
        begin(now);
}

Instant IgdMachine::nextDeadline() const
{
    Instant next = std::min(m_answerBy, m_renewAt);
    if (m_state == State::Asking && m_step == Step::Searching)
        next = std::min({next, m_nextSearch, m_searchEnds});
    return next;
}

} // namespace postern::portmap
