#include "core/peer/peer_connection.h"

#include "core/base/log.h"
#include "core/peer/explanation.h"
#include "core/peer/peer_addresses.h"

namespace postern {

namespace {

/// A peer behind a NAT checks from one address of each family, or a few where it moves.
constexpr std::size_t MOST_EARLY_PATHS = 8;
constexpr quint32 MOST_ATTEMPTS = 64; // of a port search; no plan has as many
constexpr std::size_t MOST_REMEMBERED = 32; // a peer may check from as many ports as it likes

/// A repair is tried again and again: each try is short, and keeps knocking.
constexpr Duration REPAIR_TIME = 6s;
constexpr Duration REPAIR_INTERVAL = 400ms;

punch::AgentConfig agentConfig(punch::Role role, peer::Purpose purpose)
{
    punch::AgentConfig config;
    config.role = role;
    if (purpose == peer::Purpose::Repair)
        config.timings.longestInterval = REPAIR_INTERVAL;
    config.credentials = punch::Credentials::generate(fillRandom);
    return config;
}

/// What our NAT maps to the main port may be about to be cut.
std::shared_ptr<FreshPort> portFor(const Gatherer &gatherer, punch::PathFilter filter)
{
    const bool leavesByUdp = filter == punch::PathFilter::Auto || filter == punch::PathFilter::Udp;
    const bool isCut = leavesByUdp && gatherer.mappingLife()
        && gatherer.behaviour().udp.passes == nat::Answer::Yes;
    return isCut ? FreshPort::open() : nullptr;
}

} // namespace

PeerConnection::PeerConnection(Surroundings surroundings, const Setup &setup, Send send, Done done)
    : m_around(std::move(surroundings))
    , m_setup(setup)
    , m_send(std::move(send))
    , m_done(std::move(done))
    , m_startedAt(monotonicNow())
    , m_token(randomBytes(peer::TOKEN_BYTES))
    , m_fresh(portFor(m_around.gatherer, setup.filter))
    , m_agent(agentConfig(setup.role, setup.purpose), fillRandom, m_startedAt)
    , m_search({udp(), m_fresh}, m_around.budgets, m_agent,
               {[this](const punch::TellPorts &told) {
                    m_send(peer::ConnectPorts{m_setup.id, quint32(told.attempt), told.ports});
                },
                [this](int socket, const Datagram &datagram) { (void)takeStun(socket, datagram); }})
    , m_networks({[this] { return m_around.gatherer.isOutsideKnown(); },
                  [this] { return m_around.gatherer.behaviour(); }})
    , m_timer([this] { timeIsUp(); })
{
    m_taker = udp().addStunTaker([this](const Datagram &d) { return takeStun(0, d); });
    m_around.tcp.expect(m_token, [this](std::unique_ptr<TcpSocket> socket, auto greeting) {
        accept(std::move(socket), greeting);
    });
}

PeerConnection::~PeerConnection()
{
    udp().removeStunTaker(m_taker);
    m_around.tcp.forget(m_token);
}

ChannelRole PeerConnection::channelRole() const
{
    return m_setup.role == punch::Role::Controlling ? ChannelRole::Initiator
                                                    : ChannelRole::Responder;
}

// --- signalling --------------------------------------------------------------------------

punch::PunchOffer PeerConnection::makeOffer()
{
    std::optional<Gatherer::UdpPort> fresh;
    if (m_fresh)
        fresh = {m_fresh->number(), m_fresh->mapped()};
    for (const auto &candidate : m_around.gatherer.candidates(fresh))
        if (usesUdp() || candidate.transport == punch::Transport::Tcp)
            m_agent.addLocalCandidate(candidate);
    auto offer = m_agent.localOffer();
    offer.tcpToken = m_token;
    return offer;
}

void PeerConnection::offer()
{
    whenMapped([this] { sendOffer(); });
}

void PeerConnection::answer(const peer::ConnectOffer &offer)
{
    whenMapped([this, offer] { sendAnswer(offer); });
}

/// Where a path has died our NAT may have given us another port: STUN is asked first. So it is
/// right after sign-in, when it has hardly been asked: without our outside nobody can punch.
void PeerConnection::whenMapped(std::function<void()> then)
{
    if (!m_fresh && !isUrgent() && (!usesUdp() || m_around.gatherer.isMappingKnown()))
        return then();
    m_onceMapped = std::move(then);
    m_mappedBy = monotonicNow() + (m_fresh && !isUrgent() ? FRESH_PATIENCE : MAPPING_PATIENCE);
    const auto heard = [this, alive = std::weak_ptr(m_alive)] {
        if (!alive.expired())
            mapped();
    };
    if (m_fresh)
        m_fresh->ask(m_around.gatherer.stunServer(), FRESH_PATIENCE, heard);
    else
        m_around.gatherer.refreshMapping(heard);
    arm();
}

Endpoint PeerConnection::mappedUdp() const
{
    return m_fresh ? m_fresh->mapped() : m_around.gatherer.facts().mappedUdp;
}

void PeerConnection::mapped()
{
    m_mappedBy = NEVER;
    if (const auto then = std::exchange(m_onceMapped, {}); then && m_done)
        then();
}

void PeerConnection::sendOffer()
{
    peer::ConnectOffer offer;
    offer.connection = m_setup.id;
    offer.link = m_setup.link;
    offer.purpose = m_setup.purpose;
    offer.path = m_setup.filter;
    offer.punch = makeOffer();
    const Instant now = monotonicNow();
    const auto word = m_networks.begin(now);
    offer.network = word.network;
    offer.measuring = word.measuring;
    m_deadline = now + (isUrgent() ? URGENT_PATIENCE : ANSWER_PATIENCE);
    m_askAgain = isUrgent() ? NEVER : now + ASK_AGAIN;
    arm();
    m_said = offer;
    m_send(offer);
}

void PeerConnection::sayAgain()
{
    if (m_said && m_done && (m_setup.role == punch::Role::Controlled || awaitsAnswer()))
        m_send(*m_said);
}

void PeerConnection::sendAnswer(const peer::ConnectOffer &offer)
{
    peer::ConnectAnswer answer;
    answer.connection = m_setup.id;
    answer.punch = makeOffer();
    const Instant now = monotonicNow();
    const auto word = m_networks.begin(now);
    answer.network = word.network;
    answer.measuring = word.measuring;
    m_networks.hear(now, {offer.network, offer.measuring});
    if (const auto seeking = seek(offer.punch); !seeking)
        return end(seeking.error());
    // The first packets have left, with a short life, before the answer does: our NAT is open
    // when the other side begins (punch/agent.h, openerTtl).
    m_said = answer;
    m_send(answer);
}

void PeerConnection::answered(const peer::ConnectAnswer &answer)
{
    if (m_setup.role != punch::Role::Controlling || m_race)
        return;
    m_deadline = m_askAgain = NEVER;
    m_networks.hear(monotonicNow(), {answer.network, answer.measuring});
    if (const auto seeking = seek(answer.punch); !seeking)
        end(seeking.error());
}

void PeerConnection::peerNetwork(const peer::ConnectNetwork &network)
{
    m_networks.hear(monotonicNow(), {network.network, false});
    drive();
}

void PeerConnection::peerPorts(const peer::ConnectPorts &ports)
{
    if (ports.attempt < MOST_ATTEMPTS)
        m_search.peerPorts(monotonicNow(), int(ports.attempt), ports.ports);
    drive();
}

void PeerConnection::peerRound(const peer::ConnectRound &round)
{
    if (m_tcpPunch && m_done && round.round <= quint32(punch::SimultaneousOpen::ROUNDS))
        m_tcpPunch->peerTold(monotonicNow(), int(round.round), round.ports,
                             std::chrono::milliseconds(round.waitMs));
    drive();
}

void PeerConnection::failed(const Error &why)
{
    if (m_setup.role == punch::Role::Controlled || !m_race)
        end(why);
}

// --- seeking -----------------------------------------------------------------------------

Result<void> PeerConnection::seek(const punch::PunchOffer &theirs)
{
    auto offer = punch::checkedOffer(theirs);
    if (!offer)
        return offer.error();
    if (offer->tcpToken.size() != peer::TOKEN_BYTES)
        return {ErrorCode::Protocol, tr("The other side sent an unusable offer.")};
    m_peerToken = offer->tcpToken;

    const auto &facts = m_around.gatherer.facts();
    punch::RaceConfig config;
    config.role = m_setup.role;
    config.filter = m_setup.filter;
    config.surroundings = {facts.interfaces,
                           {facts.observedTcp.address, mappedUdp().address},
                           publicAddresses(offer->candidates)};
    config.ownTcpPort = facts.port;
    const auto own = m_agent.localOffer().candidates;
    config.loopbackAllowed = std::any_of(own.begin(), own.end(), [](const auto &candidate) {
        return candidate.endpoint.address.isLoopback();
    });
    config.reachable = facts.isTcpPublic();
    if (isUrgent())
        config.timings.deadline = REPAIR_TIME;
    const Instant now = monotonicNow();
    config.punchesTcp = m_setup.filter != punch::PathFilter::Lan
        && m_setup.filter != punch::PathFilter::Udp
        && !TcpPunch::remotesAmong(offer->candidates, own).isEmpty();
    m_race.emplace(config, now);
    if (config.punchesTcp)
        punchTcp(now, offer->candidates);
    m_race->setRemote(now, offer->candidates);
    m_peerOutside = outsideUdp(offer->candidates);
    m_search.open(plan(), m_setup.role);
    if (!usesUdp())
        m_race->udpExhausted(now);
    else if (const auto set = m_agent.setRemote(now, *offer); !set)
        return set;
    for (auto &[socket, greeting] : std::exchange(m_overtaking, {}))
        accept(std::move(socket), greeting);
    drive();
    return {};
}

/// The same on both sides, once both networks are known.
nat::Plan PeerConnection::plan() const
{
    const bool controlling = m_setup.role == punch::Role::Controlling;
    return nat::planFor(controlling ? m_networks.own() : m_networks.theirs(),
                        controlling ? m_networks.theirs() : m_networks.own());
}

/// What both networks do decides how ports are searched: as soon as it is known. The checks go on
/// meanwhile. Where both know that UDP will not pass, TCP's turn is at once.
void PeerConnection::followPlan(Instant now)
{
    if (m_planned || !m_race)
        return;
    if (!m_networks.isComplete())
        return m_agent.searchUntil(now + NetworkExchange::PEER_PATIENCE);
    m_planned = true;
    const auto &gatherer = m_around.gatherer;
    const bool leads = m_setup.filter != punch::PathFilter::Lan
        && leadsOutside(mappedUdp(), m_peerOutside, m_networks.own());
    if (usesUdp())
        m_search.begin(now, plan(), m_setup.role, gatherer.stunServer(),
                       leads ? m_peerOutside : Endpoint());
    if (!m_tcpPunch)
        return;
    m_tcpPunch->setPorts(m_networks.own(), m_networks.theirs());
    if (!usesUdp()
        || TcpPunch::isUdpHopeless(m_agent.localOffer().candidates, m_networks.own(), m_peerOutside,
                                   m_networks.theirs()))
        m_tcpPunch->begin(now);
}

/// Goes on beside all else, once both networks are known; see followPlan().
void PeerConnection::punchTcp(Instant now, const QList<punch::Candidate> &candidates)
{
    punch::SimultaneousOpen::Config plan;
    plan.role = m_setup.role;
    plan.remotes = TcpPunch::remotesAmong(candidates, m_agent.localOffer().candidates);
    m_tcpPunch = std::make_unique<TcpPunch>(
        TcpPunch::Setup{plan, m_around.gatherer.facts().port, m_token, m_peerToken,
                        m_around.budgets.dials, m_around.gatherer.stunServer()},
        now,
        [this](const punch::SimultaneousOpen::Tell &told) {
            m_send(peer::ConnectRound{m_setup.id, quint32(told.round), told.ports,
                                      quint16(toMilliseconds(told.wait))});
        },
        [this](std::unique_ptr<TcpSocket> socket) { tcpPunched(std::move(socket)); },
        [this] {
            m_race->tcpPunchExhausted(monotonicNow());
            drive();
        });
}

/// Runs both machines until neither has anything to say, and sets the clock.
void PeerConnection::drive()
{
    if (m_driving || !m_done)
        return;
    m_driving = true;
    followPlan(monotonicNow());
    driveAgent();
    driveRace();
    if (m_done)
        driveAgent(); // what the race decided may have freed it
    m_driving = false;
    arm();
}

void PeerConnection::driveAgent()
{
    m_search.drive(monotonicNow());
    while (const auto event = m_agent.pollEvent()) {
        const Instant now = monotonicNow();
        if (!m_race)
            continue;
        if (const auto *validated = std::get_if<punch::PathValidated>(&*event)) {
            m_validated.insert_or_assign({validated->path.socket, validated->path.remote},
                                         validated->path);
            if (m_setup.role == punch::Role::Controlling)
                m_race->udpValidated(now, validated->path);
            m_search.pathFound();
        } else if (std::get_if<punch::Stuck>(&*event)) {
            m_search.agentStuck(now);
        } else if (const auto *failed = std::get_if<punch::Failed>(&*event)) {
            if (!m_problem)
                m_problem = Error{ErrorCode::NoPath, punch::failureSentence(failed->reason)};
            m_race->udpExhausted(now);
            if (m_tcpPunch)
                m_tcpPunch->begin(now);
        }
    }
}

void PeerConnection::driveRace()
{
    while (m_done && m_race) {
        const auto action = m_race->pollAction();
        if (!action)
            return;
        if (const auto *one = std::get_if<punch::Dial>(&*action))
            dial(*one);
        else if (const auto *two = std::get_if<punch::Secure>(&*action))
            secure(*two);
        else if (const auto *three = std::get_if<punch::Abandon>(&*action))
            m_attempts.erase(three->id);
        else if (const auto *four = std::get_if<punch::Won>(&*action))
            won(*four);
        else
            noPath();
    }
}

void PeerConnection::arm()
{
    Instant next = std::min({m_deadline, m_askAgain, m_mappedBy, m_networks.nextDeadline(),
                             m_agent.nextDeadline(), m_search.nextDeadline()});
    if (m_race)
        next = std::min(next, m_race->nextDeadline());
    m_timer.set(m_done ? next : NEVER);
}

void PeerConnection::timeIsUp()
{
    const Instant now = monotonicNow();
    if (now >= m_mappedBy)
        mapped();
    if (now >= m_deadline)
        return end(m_won
                       ? Error{ErrorCode::Timeout, tr("The other side fell silent.")}
                       : Error{ErrorCode::PeerOffline,
                               tr("The other side did not answer. Try again when they are back.")});
    if (now >= m_askAgain) {
        m_askAgain = now + ASK_AGAIN;
        sayAgain();
    }
    if (const auto measured = m_networks.handleTimeout(now))
        m_send(peer::ConnectNetwork{m_setup.id, *measured});
    m_search.handleTimeout(now);
    m_agent.handleTimeout(now);
    if (m_race)
        m_race->handleTimeout(now);
    drive();
}

bool PeerConnection::takeStun(int socket, const Datagram &datagram)
{
    const Instant now = monotonicNow();
    if (m_search.handleDatagram(now, socket, datagram)) {
        drive();
        return true;
    }
    if (!m_agent.handleDatagram(now, datagram.from, datagram.bytes, socket))
        return false;
    const UdpWay way(socket, datagram.from);
    if (m_localOf.size() < MOST_REMEMBERED)
        m_localOf.emplace(way, datagram.to);
    if (m_setup.role == punch::Role::Controlled)
        expectHandshake(way);
    drive();
    return true;
}

/// The peer, which checks from this address, may choose it at any moment.
void PeerConnection::expectHandshake(const UdpWay &way)
{
    if (m_early.size() >= MOST_EARLY_PATHS || m_early.contains(way))
        return;
    auto path = m_search.openPath(way.first, way.second);
    if (!path)
        return;
    m_early.emplace(
        way, std::make_unique<EarlyPath>(std::move(*path), [this, way] { handshakeArrived(way); }));
}

void PeerConnection::handshakeArrived(const UdpWay &way)
{
    if (!m_race || !m_done)
        return;
    punch::PathReport report;
    std::tie(report.socket, report.remote) = way;
    report.remoteType = punch::CandidateType::PeerReflexive;
    report.strategy = m_search.strategyOf(way.first);
    if (const auto known = m_validated.find(way); known != m_validated.end())
        report = known->second;
    if (const auto id = m_race->udpValidated(monotonicNow(), report))
        secure({*id, report.remote, report.socket});
    drive();
}

// --- the end ---------------------------------------------------------------------------------

/// The controlling side greets on the winner; the other has been greeted already.
void PeerConnection::won(const punch::Won &won)
{
    m_won = won;
    if (m_setup.role == punch::Role::Controlled)
        return;
    const Instant now = monotonicNow();
    const Duration patience = isUrgent() ? URGENT_PATIENCE : HELLO_PATIENCE;
    auto &attempt = m_attempts[won.id];
    if (m_setup.goesAhead && m_setup.goesAhead()) {
        m_agent.handOver(now);
        auto channel = std::make_unique<GreetingChannel>(std::move(attempt.channel), patience);
        auto *unproven = channel.get();
        return end(ReadyChannel{std::move(channel), wonPath(attempt), {}, unproven});
    }
    m_deadline = now + patience;
    attempt.hello = std::make_unique<HelloExchange>(
        *attempt.channel, HelloExchange::Side::Initiator,
        [this, id = won.id](const Result<peer::PeerHello> &hello) { greeted(id, hello); });
    attempt.hello->begin();
}

PathInfo PeerConnection::wonPath(const Attempt &attempt) const
{
    return pathOf(*m_won, attempt.local, monotonicNow() - m_startedAt, plan(), m_setup.role);
}

void PeerConnection::greeted(punch::AttemptId id, const Result<peer::PeerHello> &hello)
{
    if (!m_done)
        return;
    const Instant now = monotonicNow();
    if (!hello) {
        if (m_won && m_won->id == id)
            return end(hello.error());
        m_race->failed(now, id);
        return drive();
    }
    if (m_setup.role == punch::Role::Controlled) {
        m_race->peerChose(now, id);
        drive();
        if (!m_done)
            return;
    }
    m_agent.handOver(now);
    if (!m_won || m_won->id != id)
        return end({ErrorCode::Protocol, tr("The other side chose a path that is not open.")});
    auto &attempt = m_attempts[id];
    end(ReadyChannel{std::move(attempt.channel), wonPath(attempt), attempt.hello->takeEarly()});
}

void PeerConnection::noPath()
{
    Error error = m_problem.value_or(Error{ErrorCode::NoPath, {}});
    if (error.code != ErrorCode::PeerKeyMismatch)
        error = {ErrorCode::NoPath,
                 m_setup.filter == punch::PathFilter::Auto
                     ? tr("No direct path to the other side was found: %1").arg(error.message)
                     : tr("No path of the wanted kind was found. Let Postern choose the path.")};
    end(error);
}

QList<punch::TimelineEntry> PeerConnection::timeline() const
{
    QList<const punch::Timeline *> noted{&m_agent.timeline()};
    if (const auto *ports = m_search.timeline())
        noted.append(ports);
    if (m_race)
        noted.append(&m_race->timeline());
    return punch::merged(noted);
}

void PeerConnection::end(Result<ReadyChannel> result)
{
    m_timer.cancel();
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(result));
}

} // namespace postern
