#include "rendezvous/sessions/session_hub.h"

#include "core/base/log.h"
#include "rendezvous/accounts/account_name.h"
#include "rendezvous/signalling/router.h"
#include "rendezvous/sockets/socket_address.h"

namespace postern::rendezvous {

using wire::FailureCode;

namespace {

constexpr std::size_t MOST_SESSIONS_OF_ACCOUNT = 64;
/// How soon an operator's `user disable` ends the account's sessions.
constexpr auto DISABLED_CHECK = 2s;
/// Clocks of an admin's machine and this one may differ so much.
constexpr qint64 CLOCK_MARGIN_MS = 60'000;
constexpr qsizetype DIAL_BACK_TOKEN_BYTES = 16;

wire::Failure tooOften()
{
    return failure(FailureCode::RateLimited, "Too many requests; try again in a minute.");
}

template<typename T> std::optional<wire::Failure> failureOf(const Reply<T> &reply)
{
    const auto *failed = std::get_if<wire::Failure>(&reply);
    return failed ? std::optional(*failed) : std::nullopt;
}

} // namespace

SessionHub::SessionHub(asio::io_context &network, AccountService &accounts, Settings settings)
    : m_network(network)
    , m_accounts(accounts)
    , m_settings(std::move(settings))
    , m_connectionLimits(m_settings.connections)
    , m_dialer(network, m_settings.stunAlternate)
    , m_disabledTimer(network)
{
    watchDisabled();
}

SessionHub::~SessionHub() = default;

void SessionHub::admit(asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls)
{
    asio::error_code failed;
    const auto remote = socket.remote_endpoint(failed);
    if (failed || m_drained)
        return;
    const Endpoint observed = toEndpoint(remote);
    if (!m_connectionLimits.admit(observed.address))
        return;
    Endpoint stunAlternate = m_settings.stunAlternate;
    if (stunAlternate.isNull() && m_settings.stunSecondPort != 0)
        stunAlternate = {m_settings.stun.address, m_settings.stunSecondPort};
    Welcome welcome{observed,
                    m_settings.stun,
                    stunAlternate,
                    m_settings.registration,
                    bool(m_settings.relayAccess),
                    tls->certificateSha256()};
    auto session = std::make_shared<Session>(std::move(socket), *tls, std::move(welcome), *this);
    m_sessions.emplace(session->id(), Guest{session, std::move(tls)});
    session->start();
}

void SessionHub::drain(std::function<void()> done)
{
    m_drained = std::move(done);
    m_disabledTimer.cancel();
    std::vector<SessionId> all;
    all.reserve(m_sessions.size());
    for (const auto &[id, guest] : m_sessions)
        all.push_back(id);
    for (const SessionId &id : all)
        endSession(id, FailureCode::ShuttingDown,
                   QStringLiteral("The server is going down; connect again in a while."));
    if (m_sessions.empty())
        m_drained();
}

void SessionHub::perform(Session &session, const Effect &effect)
{
    if (const auto *order = std::get_if<effect::Enter>(&effect))
        enter(session, *order);
    else if (const auto *change = std::get_if<wire::ContactChange>(&effect))
        changeContact(session, *change);
    else if (const auto *receiving = std::get_if<wire::SetReceiving>(&effect))
        setReceiving(session, *receiving);
    else if (const auto *signal = std::get_if<wire::SendSignal>(&effect))
        sendSignal(session, *signal);
    else if (const auto *device = std::get_if<wire::RevokeDevice>(&effect))
        revoke(session, *device);
    else if (const auto *dial = std::get_if<wire::DialBack>(&effect))
        dialBack(session, *dial);
    else if (const auto *relay = std::get_if<wire::RelayRequest>(&effect))
        grantRelay(session, *relay);
    else if (std::holds_alternative<effect::HangUp>(effect))
        deliver(m_directory.leave(session.id()));
}

void SessionHub::spokenOtherwise(DivertedStream stream)
{
    if (m_settings.turnStream)
        m_settings.turnStream(std::move(stream));
}

void SessionHub::sessionEnded(Session &session)
{
    const auto found = m_sessions.find(session.id());
    if (found == m_sessions.end())
        return;
    deliver(m_directory.leave(session.id()));
    m_connectionLimits.closed(session.conversation().observed().address,
                              found->second.countedEarly);
    m_sessions.erase(found);
    if (m_drained && m_sessions.empty())
        m_drained();
}

// --- getting in ---------------------------------------------------------------------

void SessionHub::enter(Session &session, const effect::Enter &order)
{
    const bool withPassword = order.registering || !order.entry.password.isEmpty();
    if (!m_entryLimits.admit(session.conversation().observed().address, order.entry.name,
                             withPassword, monotonicNow())) {
        session.entered(failure(FailureCode::RateLimited,
                                "Too many attempts to sign in; try again in a minute."));
        return;
    }
    session.workBegan();
    auto done = [this, id = session.id(), order](const Reply<Membership> &reply) {
        entered(id, order, reply);
    };
    if (order.registering)
        m_accounts.registerAccount(order.entry, m_settings.registration, std::move(done));
    else
        m_accounts.signIn(order.entry, std::move(done));
}

void SessionHub::entered(const SessionId &id, const effect::Enter &order,
                         const Reply<Membership> &reply)
{
    const auto session = find(id);
    if (!session)
        return;
    session->workEnded();
    const auto *membership = std::get_if<Membership>(&reply);
    if (membership) {
        const bool withPassword = order.registering || !order.entry.password.isEmpty();
        m_entryLimits.succeeded(session->conversation().observed().address, order.entry.name,
                                withPassword);
    }
    if (session->conversation().state() != Conversation::State::Entering)
        return;
    if (membership
        && m_directory.sessionsOf(membership->account).size() >= MOST_SESSIONS_OF_ACCOUNT) {
        session->entered(failure(FailureCode::Limit,
                                 "This account has too many connections; close some first."));
        return;
    }
    session->entered(reply);
    if (membership)
        welcome(*session, order.request, *membership);
}

void SessionHub::welcome(Session &session, quint32 request, const Membership &membership)
{
    m_connectionLimits.signedIn(session.conversation().observed().address);
    m_sessions.at(session.id()).countedEarly = false;
    const Deliveries news = m_directory.join(session.id(), membership);
    session.say(wire::SignedIn{request, membership.name, session.id()});
    for (const ContactView &view : membership.contacts) {
        if (view.shown())
            session.say(m_directory.entryFor(view));
        session.forgiveQueued();
    }
    session.say(wire::ContactsComplete{});
    deliver(news);
}

// --- requests -----------------------------------------------------------------------

void SessionHub::changeContact(Session &session, const wire::ContactChange &request)
{
    const auto kind = request.action == wire::ContactAction::Request
        ? RequestLimits::Kind::ContactRequest
        : RequestLimits::Kind::ContactChange;
    if (!mayAsk(session, kind, request.request))
        return;
    const auto name = normalisedAccountName(request.name);
    if (!name)
        return answer(session.id(), request.request,
                      wire::Failure{0, FailureCode::NameInvalid, name.error().message});
    const AccountId actor = m_directory.find(session.id())->account;
    const QString actorName = m_directory.nameOf(actor);
    if (*name == actorName)
        return answer(session.id(), request.request,
                      failure(FailureCode::BadRequest, "This is your own name."));
    session.workBegan();
    m_accounts.changeContact(
        actor, actorName, *name, request.action,
        [this, actor, id = session.id(), number = request.request](const auto &reply) {
            if (const auto *outcome = std::get_if<ContactOutcome>(&reply))
                deliver(m_directory.relationChanged(actor, *outcome));
            if (const auto client = find(id))
                client->workEnded();
            answer(id, number, failureOf(reply));
        });
}

void SessionHub::setReceiving(Session &session, const wire::SetReceiving &request)
{
    if (!mayAsk(session, RequestLimits::Kind::Receiving, request.request))
        return;
    deliver(m_directory.setReceiving(session.id(), request.receiving));
    answer(session.id(), request.request, std::nullopt);
}

void SessionHub::sendSignal(Session &session, const wire::SendSignal &request)
{
    if (!mayAsk(session, RequestLimits::Kind::Signal, request.request))
        return;
    const auto name = normalisedAccountName(request.user);
    const auto routed = route(m_directory, session.id(), name ? *name : QString(), request);
    if (const auto *delivery = std::get_if<Delivery>(&routed))
        deliver({*delivery});
    const auto *failed = std::get_if<wire::Failure>(&routed);
    answer(session.id(), request.request, failed ? std::optional(*failed) : std::nullopt);
}

void SessionHub::revoke(Session &session, const wire::RevokeDevice &request)
{
    if (!mayAsk(session, RequestLimits::Kind::Revoke, request.request))
        return;
    const AccountId account = m_directory.find(session.id())->account;
    session.workBegan();
    m_accounts.revokeDevice(account, request.device,
                            [this, account, id = session.id(), request](const auto &reply) {
                                if (const auto client = find(id))
                                    client->workEnded();
                                answer(id, request.request, failureOf(reply));
                                const auto *left = std::get_if<QList<wire::DeviceEntry>>(&reply);
                                if (!left)
                                    return;
                                for (const SessionId &open : m_directory.sessionsOf(account)) {
                                    const auto *member = m_directory.find(open);
                                    if (member && member->device == request.device)
                                        endSession(open, FailureCode::SignInRefused,
                                                   QStringLiteral("This device was revoked."));
                                }
                                deliver(m_directory.devicesChanged(account, *left));
                            });
}

void SessionHub::dialBack(Session &session, const wire::DialBack &request)
{
    if (!mayAsk(session, RequestLimits::Kind::DialBack, request.request))
        return;
    if (request.token.size() != DIAL_BACK_TOKEN_BYTES
        || (request.tcpPort == 0 && request.udpPort == 0))
        return answer(
            session.id(), request.request,
            failure(FailureCode::BadRequest, "A dial-back needs a port and a token of 16 bytes."));
    session.workBegan();
    // Only ever where this very connection comes from: the client names ports, not addresses.
    m_dialer.dial({session.conversation().observed().address, session.local().address,
                   request.tcpPort, request.udpPort, request.token},
                  [this, id = session.id(), number = request.request](const DialResult &result) {
                      const auto client = find(id);
                      if (!client)
                          return;
                      client->workEnded();
                      client->say(wire::DialedBack{number, result.tcp, result.udp});
                  });
}

void SessionHub::grantRelay(Session &session, const wire::RelayRequest &request)
{
    if (!mayAsk(session, RequestLimits::Kind::Relay, request.request))
        return;
    if (!m_settings.relayAccess)
        return answer(session.id(), request.request,
                      failure(FailureCode::BadRequest, "This server has no relay."));
    auto access = m_settings.relayAccess(m_directory.find(session.id())->account);
    access.answers = request.request;
    session.say(access);
}

bool SessionHub::mayAsk(Session &session, RequestLimits::Kind kind, quint32 request)
{
    const auto *member = m_directory.find(session.id());
    if (!member) // it was ended in this very turn
        return false;
    if (m_requestLimits.admit(member->account, kind, monotonicNow()))
        return true;
    answer(session.id(), request, tooOften());
    return false;
}

void SessionHub::answer(const SessionId &id, quint32 request,
                        const std::optional<wire::Failure> &failed)
{
    const auto session = find(id);
    if (!session)
        return;
    if (!failed)
        return session->say(wire::Ok{request});
    wire::Failure told = *failed;
    told.answers = request;
    session->say(told);
}

// --- all sessions ---------------------------------------------------------------------

void SessionHub::deliver(const Deliveries &deliveries)
{
    for (const Delivery &delivery : deliveries) {
        const QByteArray payload = wire::encodeAny(delivery.message);
        for (const SessionId &id : delivery.to) {
            if (const auto session = find(id))
                session->sendEncoded(payload);
        }
    }
}

void SessionHub::endSession(const SessionId &id, FailureCode code, const QString &sentence)
{
    if (const auto session = find(id))
        session->end(code, sentence);
}

void SessionHub::watchDisabled()
{
    m_disabledTimer.expires_after(DISABLED_CHECK);
    m_disabledTimer.async_wait([this](const asio::error_code &cancelled) {
        if (cancelled || m_drained)
            return;
        m_accounts.disabledSince(
            nowMilliseconds() - CLOCK_MARGIN_MS, [this](const Reply<QList<AccountId>> &reply) {
                if (const auto *disabled = std::get_if<QList<AccountId>>(&reply)) {
                    for (const AccountId account : *disabled) {
                        for (const SessionId &id : m_directory.sessionsOf(account))
                            endSession(id, FailureCode::SignInRefused,
                                       QStringLiteral("This account was disabled by the "
                                                      "server's operator."));
                    }
                }
                if (!m_drained)
                    watchDisabled();
            });
    });
}

std::shared_ptr<Session> SessionHub::find(const SessionId &id) const
{
    const auto found = m_sessions.find(id);
    return found == m_sessions.end() ? nullptr : found->second.session;
}

} // namespace postern::rendezvous
