#include "core/signalling/session_machine.h"

#include "core/signalling/failure_text.h"
#include "core/signalling/session_errors.h"

namespace postern {

using namespace session_output;

namespace {

constexpr Duration CONNECT_PATIENCE = 15s; // TCP and TLS, both with retransmissions
/// In a hurry: a fresh SYN goes out sooner than the system's second, which is 3 s after the first.
constexpr Duration URGENT_PATIENCE = 1800ms;
/// A connection that turns out dead so soon after we were urged is made anew without a delay.
constexpr Duration HURRY = Liveness::URGENT_PATIENCE + 500ms;
constexpr Duration GREETING_PATIENCE = 10s;
constexpr Duration SIGN_IN_PATIENCE = 20s; // the server's password hash is slow on purpose
constexpr Duration ANSWER_PATIENCE = 10s;
constexpr Duration DIAL_BACK_PATIENCE = 20s; // the server itself waits for what a firewall drops
constexpr Duration RECEIVING_RETRY = 5s;
constexpr Duration SETTLED_AFTER = 30s; // a server that drops us sooner is not well
constexpr qsizetype CERTIFICATE_DIGEST_BYTES = 32; // SHA-256
constexpr Duration RELAY_RETRY = 30s;
/// Credentials are asked for anew when half of their time is over, within these bounds: a
/// server can make us neither ask all the time nor keep what has long ended.
constexpr Duration SOONEST_RELAY_RENEWAL = 30s;
constexpr Duration LATEST_RELAY_RENEWAL = 12h;
constexpr qsizetype CHALLENGE_BYTES = 32;

/// Trying again changes nothing until a person does something.
bool isFinal(ErrorCode code)
{
    return code == ErrorCode::SignInRefused || code == ErrorCode::Incompatible
        || code == ErrorCode::ServerKeyChanged || code == ErrorCode::InvalidArgument;
}

Duration patienceFor(const ClientRequest &request)
{
    return std::holds_alternative<wire::DialBack>(request) ? DIAL_BACK_PATIENCE : ANSWER_PATIENCE;
}

Endpoint reachable(Endpoint told, const IpAddress &server)
{
    if (told.port == 0)
        return {};
    if (told.address.isUnspecified())
        told.address = server;
    return told;
}

/// What peers can be relayed by: names and ports made whole, nonsense left out.
wire::RelayAccess usable(wire::RelayAccess access, const MadeConnection &connection)
{
    for (wire::RelayServer &relay : access.servers) {
        if (relay.host.isEmpty())
            relay.host = connection.server.toString();
        if (relay.port == 0)
            relay.port = connection.port;
    }
    access.servers.removeIf([](const wire::RelayServer &relay) {
        return relay.port == 0
            || (!relay.certificateSha256.isEmpty()
                && relay.certificateSha256.size() != CERTIFICATE_DIGEST_BYTES);
    });
    return access;
}

} // namespace

SessionMachine::SessionMachine(RandomSource random)
    : m_random(std::move(random))
{
}

// --- orders ------------------------------------------------------------------------

void SessionMachine::signIn(Instant now, SignInOrder order)
{
    drop(signedOut());
    tell(m_contacts.clear());
    m_status = {};
    m_backoff.reset();
    m_order = std::move(order);
    show(LinkState::Connecting, std::nullopt);
    transition(now, Phase::Connecting);
}

void SessionMachine::signOut(Instant now)
{
    drop(signedOut());
    forgetSecrets();
    m_order = {};
    tell(m_contacts.clear());
    m_status = {};
    transition(now, Phase::SignedOut);
    show(LinkState::SignedOut, std::nullopt);
}

void SessionMachine::setReceiving(Instant now, bool receiving)
{
    if (m_receiving == receiving)
        return;
    m_receiving = receiving;
    if (m_phase == Phase::Online)
        sendReceiving(now);
}

Result<std::uint32_t> SessionMachine::request(Instant now, ClientRequest request)
{
    if (m_phase != Phase::Online)
        return m_status.problem.value_or(notOnline());
    auto number = m_requests.open(RequestTable::Asker::Caller, now + patienceFor(request));
    if (!number)
        return number.error();
    std::visit(
        [&](auto &message) {
            message.request = *number;
            transmit(message);
        },
        request);
    return *number;
}

// --- what happened -----------------------------------------------------------------

void SessionMachine::connected(Instant now, const MadeConnection &connection)
{
    if (m_phase != Phase::Connecting)
        return;
    m_connection = connection;
    transition(now, Phase::Greeting);
    wire::ClientHello hello;
    hello.agent = QStringLiteral("postern/" POSTERN_VERSION);
    transmit(hello);
}

void SessionMachine::received(Instant now, const QByteArray &payload)
{
    if (!isOpen())
        return;
    m_liveness.heard();
    const auto message = wire::decode<wire::ServerMessage>(payload);
    if (!message)
        return lose(now, message.error());
    std::visit([&](const auto &content) { handle(now, content); }, *message);
}

void SessionMachine::disconnected(Instant now, const Error &why)
{
    if (m_phase == Phase::Connecting || isOpen())
        lose(now, why);
}

void SessionMachine::networkChanged(Instant now)
{
    switch (m_phase) {
    case Phase::SignedOut:
    case Phase::Refused: return;
    case Phase::Online:
        m_liveness.probe(now);
        sendPing(now);
        return;
    case Phase::Connecting:
    case Phase::Greeting:
    case Phase::SigningIn: drop(connectionLost()); [[fallthrough]];
    case Phase::Waiting:
        m_backoff.reset();
        transition(now, Phase::Connecting);
        return;
    }
}

void SessionMachine::urge(Instant now)
{
    switch (m_phase) {
    case Phase::SignedOut:
    case Phase::Refused: return;
    case Phase::Online:
        m_hurriedUntil = now + HURRY;
        m_liveness.probe(now, Liveness::URGENT_PATIENCE); // no later than one under way
        sendPing(now);
        return;
    case Phase::Connecting:
    case Phase::Greeting:
    case Phase::SigningIn:
        m_phaseDeadline = std::min(m_phaseDeadline, now + URGENT_PATIENCE);
        return;
    case Phase::Waiting:
        m_backoff.reset();
        m_phaseDeadline = std::min(m_phaseDeadline, now + m_backoff.next(m_random));
        return;
    }
}

void SessionMachine::advance(Instant now)
{
    fail(m_requests.takeExpired(now), noAnswer());
    if (m_phaseDeadline <= now)
        phaseTimedOut(now);
    if (m_phase == Phase::Online)
        keepOnline(now);
}

void SessionMachine::phaseTimedOut(Instant now)
{
    if (m_phase == Phase::Waiting)
        transition(now, Phase::Connecting);
    else
        lose(now, noAnswer());
}

void SessionMachine::keepOnline(Instant now)
{
    if (m_settled <= now) {
        m_settled = NEVER;
        m_backoff.reset();
    }
    if (m_receivingRetry <= now)
        sendReceiving(now);
    if (m_relayRenewal <= now)
        sendRelayRequest(now);
    switch (m_liveness.check(now)) {
    case Liveness::Verdict::Alive: break;
    case Liveness::Verdict::SendPing: sendPing(now); break;
    case Liveness::Verdict::Gone: lose(now, noAnswer()); break;
    }
}

// --- states ------------------------------------------------------------------------

void SessionMachine::transition(Instant now, Phase phase)
{
    m_phase = phase;
    m_phaseDeadline = NEVER;
    m_settled = NEVER;
    m_receivingRetry = NEVER;
    m_relayRenewal = NEVER;
    m_liveness.stop();
    switch (phase) {
    case Phase::SignedOut:
    case Phase::Refused: break;
    case Phase::Connecting:
        m_phaseDeadline = now + CONNECT_PATIENCE;
        m_outputs.emplace_back(OpenConnection{});
        break;
    case Phase::Greeting: m_phaseDeadline = now + GREETING_PATIENCE; break;
    case Phase::SigningIn: m_phaseDeadline = now + SIGN_IN_PATIENCE; break;
    case Phase::Online:
        m_settled = now + SETTLED_AFTER;
        m_liveness.start(now);
        break;
    case Phase::Waiting: m_phaseDeadline = now + m_backoff.next(m_random); break;
    }
}

void SessionMachine::show(LinkState state, std::optional<Error> problem)
{
    m_status.state = state;
    m_status.problem = std::move(problem);
    m_outputs.emplace_back(StatusChanged{});
}

bool SessionMachine::isOpen() const
{
    return m_phase == Phase::Greeting || m_phase == Phase::SigningIn || m_phase == Phase::Online;
}

void SessionMachine::drop(const Error &why)
{
    if (m_phase == Phase::Connecting || isOpen())
        m_outputs.emplace_back(CloseConnection{});
    fail(m_requests.takeAll(), why);
    m_status.session = {};
    m_status.contactsComplete = false;
    tell(m_contacts.allOffline());
}

void SessionMachine::lose(Instant now, const Error &why)
{
    drop(connectionLost());
    if (isFinal(why.code)) {
        forgetSecrets();
        transition(now, Phase::Refused);
        show(LinkState::Refused, why);
    } else if (m_order.way != SignInOrder::Way::DeviceKey) {
        forgetSecrets();
        transition(now, Phase::SignedOut);
        show(LinkState::SignedOut, why);
    } else {
        // Once: a server that drops us as soon as we come back is left its time.
        const bool hurried =
            m_phase == Phase::Online && now < std::exchange(m_hurriedUntil, Instant::min());
        transition(now, hurried ? Phase::Connecting : Phase::Waiting);
        show(LinkState::Reconnecting, why);
    }
}

void SessionMachine::fail(const std::vector<RequestTable::Open> &requests, const Error &why)
{
    for (const auto &open : requests) {
        if (open.asker == RequestTable::Asker::Caller)
            m_outputs.emplace_back(Answered{open.number, why});
        else if (open.asker == RequestTable::Asker::Receiving && m_phase == Phase::Online)
            m_receivingRetry = Instant::min(); // say it again at once
        else if (open.asker == RequestTable::Asker::Relay && m_phase == Phase::Online)
            m_relayRenewal = Instant::min();
    }
}

void SessionMachine::forgetSecrets()
{
    m_order.password.fill(QChar(u'\0'));
    m_order.password.clear();
    m_order.invite.clear();
}

// --- what the server says ------------------------------------------------------------

bool SessionMachine::expect(Instant now, Phase phase)
{
    if (m_phase == phase)
        return true;
    lose(now, outOfTurn());
    return false;
}

void SessionMachine::handle(Instant now, const wire::ServerHello &hello)
{
    if (!expect(now, Phase::Greeting))
        return;
    if (hello.version < wire::OLDEST_SUPPORTED_VERSION || hello.oldest > wire::PROTOCOL_VERSION)
        return lose(now, incompatible(hello));
    if (hello.challenge.size() != CHALLENGE_BYTES)
        return lose(now, outOfTurn());
    m_status.observed = hello.observed;
    m_status.stun = reachable(hello.stun, m_connection.server);
    m_status.stunAlternate = reachable(hello.stunAlternate, m_connection.server);
    m_status.registrationOpen = hello.registrationOpen;
    m_relayOffered = hello.capabilities.contains(QLatin1String(wire::RELAY_CAPABILITY));
    if (!m_relayOffered)
        m_status.relay = {};
    sendSignIn(now, hello.challenge);
}

void SessionMachine::handle(Instant now, const wire::SignedIn &signedIn)
{
    if (!expect(now, Phase::SigningIn))
        return;
    if (!m_requests.close(signedIn.answers))
        return lose(now, outOfTurn());
    forgetSecrets();
    m_order.way = SignInOrder::Way::DeviceKey; // from now on, and for every reconnect
    m_status.user = signedIn.user;
    m_status.session = signedIn.session;
    m_contacts.begin();
    transition(now, Phase::Online);
    show(LinkState::Online, std::nullopt);
    if (m_receiving)
        sendReceiving(now);
    if (m_relayOffered)
        sendRelayRequest(now);
}

void SessionMachine::handle(Instant now, const wire::Failure &failure)
{
    const Error error = errorOf(failure);
    if (failure.answers == 0 || m_phase != Phase::Online)
        return lose(now, error);
    answered(now, failure.answers, error);
}

void SessionMachine::handle(Instant now, const wire::Ok &ok)
{
    if (expect(now, Phase::Online))
        answered(now, ok.answers, wire::ServerMessage(ok));
}

void SessionMachine::handle(Instant now, const wire::DialedBack &dialedBack)
{
    if (expect(now, Phase::Online))
        answered(now, dialedBack.answers, wire::ServerMessage(dialedBack));
}

void SessionMachine::handle(Instant now, const wire::RelayAccess &access)
{
    if (!expect(now, Phase::Online))
        return;
    if (m_requests.close(access.answers) != RequestTable::Asker::Relay)
        return;
    m_status.relay = usable(access, m_connection);
    m_relayRenewal = now
        + std::clamp<Duration>(std::chrono::seconds(access.lifetimeSeconds) / 2,
                               SOONEST_RELAY_RENEWAL, LATEST_RELAY_RENEWAL);
    m_outputs.emplace_back(StatusChanged{});
}

void SessionMachine::answered(Instant now, std::uint32_t number, Result<wire::ServerMessage> answer)
{
    const auto asker = m_requests.close(number); // nothing: its time had run out before
    if (asker == RequestTable::Asker::Caller)
        m_outputs.emplace_back(Answered{number, std::move(answer)});
    else if (asker == RequestTable::Asker::Receiving && !answer)
        m_receivingRetry = now + RECEIVING_RETRY;
    else if (asker == RequestTable::Asker::Relay && !answer)
        m_relayRenewal = now + RELAY_RETRY;
}

void SessionMachine::handle(Instant now, const wire::ContactEntry &entry)
{
    if (expect(now, Phase::Online))
        tell(m_contacts.apply(entry));
}

void SessionMachine::handle(Instant now, const wire::ContactGone &gone)
{
    if (expect(now, Phase::Online))
        tell(m_contacts.apply(gone));
}

void SessionMachine::handle(Instant now, const wire::Presence &presence)
{
    if (expect(now, Phase::Online))
        tell(m_contacts.apply(presence));
}

void SessionMachine::handle(Instant now, const wire::ContactsComplete &)
{
    if (!expect(now, Phase::Online))
        return;
    tell(m_contacts.complete());
    m_status.contactsComplete = true;
    m_outputs.emplace_back(StatusChanged{});
}

void SessionMachine::handle(Instant now, const wire::Signal &signal)
{
    if (expect(now, Phase::Online))
        m_outputs.emplace_back(SignalReceived{signal});
}

// --- what we say -------------------------------------------------------------------

void SessionMachine::sendSignIn(Instant now, const QByteArray &challenge)
{
    auto number = m_requests.open(RequestTable::Asker::SignIn, NEVER);
    auto signature = m_order.device.sign(
        wire::signInPayload(challenge, m_connection.certificateSha256, m_order.user));
    if (!number || !signature) {
        const Error error = number ? signature.error() : number.error();
        drop(error);
        transition(now, Phase::Refused);
        return show(LinkState::Refused, error);
    }
    const wire::DeviceProof proof{m_order.device.publicKey, m_order.device.name, *signature};
    transition(now, Phase::SigningIn);
    if (m_order.way == SignInOrder::Way::Register)
        transmit(wire::Register{*number, m_order.user, m_order.password, m_order.invite, proof});
    else
        transmit(wire::SignIn{*number, m_order.user, m_order.password, proof});
}

void SessionMachine::sendReceiving(Instant now)
{
    m_receivingRetry = NEVER;
    if (auto number = m_requests.open(RequestTable::Asker::Receiving, now + ANSWER_PATIENCE))
        transmit(wire::SetReceiving{*number, m_receiving});
    else
        m_receivingRetry = now + RECEIVING_RETRY;
}

void SessionMachine::sendPing(Instant now)
{
    // Should the table be full, the requests in it are what the server must answer anyway.
    if (auto number = m_requests.open(RequestTable::Asker::Ping, now + ANSWER_PATIENCE))
        transmit(wire::Ping{*number});
}

void SessionMachine::sendRelayRequest(Instant now)
{
    m_relayRenewal = NEVER;
    if (auto number = m_requests.open(RequestTable::Asker::Relay, now + ANSWER_PATIENCE))
        transmit(wire::RelayRequest{*number});
    else
        m_relayRenewal = now + RELAY_RETRY;
}

void SessionMachine::tell(const QList<QString> &changedContacts)
{
    for (const QString &name : changedContacts)
        m_outputs.emplace_back(ContactChanged{name});
}

template<typename M> void SessionMachine::transmit(const M &message)
{
    m_outputs.emplace_back(Transmit{wire::encode(message)});
}

// --- what to do --------------------------------------------------------------------

Instant SessionMachine::deadline() const
{
    return std::min({m_phaseDeadline, m_requests.deadline(), m_liveness.deadline(), m_settled,
                     m_receivingRetry, m_relayRenewal});
}

std::vector<SessionOutput> SessionMachine::takeOutputs() { return std::exchange(m_outputs, {}); }

} // namespace postern
