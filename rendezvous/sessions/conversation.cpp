#include "rendezvous/sessions/conversation.h"

#include "rendezvous/accounts/account_name.h"
#include "rendezvous/accounts/password_hash.h"

namespace postern::rendezvous {

using wire::FailureCode;

namespace {

constexpr qsizetype CHALLENGE_BYTES = 32;

QByteArray makeChallenge(const RandomSource &random)
{
    QByteArray bytes(CHALLENGE_BYTES, Qt::Uninitialized);
    random({reinterpret_cast<std::uint8_t *>(bytes.data()), std::size_t{CHALLENGE_BYTES}});
    return bytes;
}

template<typename... Handlers> struct Overloaded : Handlers... {
    using Handlers::operator()...;
};
template<typename... Handlers> Overloaded(Handlers...) -> Overloaded<Handlers...>;

QString versionSentence(const wire::ClientHello &hello)
{
    const auto range = [](quint32 oldest, quint32 newest) {
        return oldest == newest ? QString::number(newest)
                                : QStringLiteral("%1 to %2").arg(oldest).arg(newest);
    };
    return QStringLiteral("This server speaks protocol version %1 and your program version %2; "
                          "update %3.")
        .arg(range(wire::OLDEST_SUPPORTED_VERSION, wire::PROTOCOL_VERSION),
             range(hello.oldest, hello.version),
             hello.version < wire::OLDEST_SUPPORTED_VERSION ? QStringLiteral("your program")
                                                            : QStringLiteral("the server"));
}

QString registrationCapability(RegistrationPolicy policy)
{
    switch (policy) {
    case RegistrationPolicy::Open: return QStringLiteral("registration-open");
    case RegistrationPolicy::Invite: return QStringLiteral("registration-invite");
    case RegistrationPolicy::Closed: break;
    }
    return QStringLiteral("registration-closed");
}

} // namespace

Conversation::Conversation(Instant now, Welcome welcome, const RandomSource &random)
    : m_welcome(std::move(welcome))
    , m_challenge(makeChallenge(random))
    , m_deadline(now + HELLO_TIME)
{
}

Effects Conversation::receive(Instant now, const Result<wire::ClientMessage> &message)
{
    if (m_state == State::Ended)
        return {};
    if (!message)
        return end(FailureCode::BadRequest, message.error().message);
    const auto *hello = std::get_if<wire::ClientHello>(&*message);
    if ((m_state == State::AwaitingHello) != (hello != nullptr))
        return end(FailureCode::BadRequest,
                   QStringLiteral("A connection begins with one hello, and has no second."));
    if (hello)
        return receiveHello(now, *hello);
    if (const auto *ping = std::get_if<wire::Ping>(&*message)) {
        if (m_state == State::SignedIn)
            m_deadline = now + IDLE_TIME;
        return {effect::Say{wire::Ok{ping->request}}};
    }
    if (m_state != State::SignedIn)
        return receiveEarly(now, *message);
    m_deadline = now + IDLE_TIME;
    return receiveRequest(*message);
}

Effects Conversation::receiveHello(Instant now, const wire::ClientHello &hello)
{
    if (hello.version < wire::OLDEST_SUPPORTED_VERSION || hello.oldest > wire::PROTOCOL_VERSION)
        return end(FailureCode::Incompatible, versionSentence(hello));
    m_state = State::AwaitingEntry;
    m_deadline = now + ENTRY_TIME;
    wire::ServerHello answer;
    answer.capabilities = {registrationCapability(m_welcome.registration),
                           QStringLiteral("dial-back")};
    if (m_welcome.relay)
        answer.capabilities.append(QLatin1String(wire::RELAY_CAPABILITY));
    answer.agent = QStringLiteral("postern-rendezvous/" POSTERN_VERSION);
    answer.challenge = m_challenge;
    answer.observed = m_welcome.observed;
    answer.stun = m_welcome.stun;
    answer.stunAlternate = m_welcome.stunAlternate;
    answer.registrationOpen = m_welcome.registration == RegistrationPolicy::Open;
    return {effect::Say{answer}};
}

Effects Conversation::receiveEarly(Instant, const wire::ClientMessage &message)
{
    if (m_state == State::AwaitingEntry) {
        if (const auto *in = std::get_if<wire::Register>(&message))
            return enter(in->request, true, in->user, in->password, in->invite, in->device);
        if (const auto *in = std::get_if<wire::SignIn>(&message))
            return enter(in->request, false, in->user, in->password, {}, in->device);
    }
    return end(FailureCode::BadRequest, QStringLiteral("Sign in first."));
}

Effects Conversation::enter(quint32 request, bool registering, const QString &user,
                            const QString &password, const QString &invite,
                            const wire::DeviceProof &device)
{
    m_entryRequest = request;
    if (++m_attempts > MOST_ENTRY_ATTEMPTS)
        return end(FailureCode::RateLimited,
                   QStringLiteral("Too many attempts; try again in a minute."));
    const auto name = normalisedAccountName(user);
    if (!name)
        return refuse({0, registering ? FailureCode::NameInvalid : FailureCode::SignInRefused,
                       name.error().message});
    if (registering) {
        if (m_welcome.registration == RegistrationPolicy::Closed)
            return refuse(failure(FailureCode::RegistrationClosed,
                                  "This server takes no registrations; ask its operator for an "
                                  "account."));
        if (password.size() < MIN_PASSWORD_CHARACTERS)
            return refuse(
                failure(FailureCode::PasswordTooShort, "A password needs at least 8 characters."));
    }
    m_state = State::Entering;
    m_deadline = NEVER; // the database answers in any case
    EntryRequest entry{*name, password, invite, device,
                       wire::signInPayload(m_challenge, m_welcome.certificateSha256, user)};
    entry.device.name = safeDeviceName(device.name);
    return {effect::Enter{request, registering, std::move(entry)}};
}

Effects Conversation::entered(Instant now, const Reply<Membership> &reply)
{
    if (m_state != State::Entering)
        return {};
    if (const auto *refusal = std::get_if<wire::Failure>(&reply)) {
        m_state = State::AwaitingEntry;
        m_deadline = now + ENTRY_TIME;
        return refuse(*refusal);
    }
    m_state = State::SignedIn;
    m_deadline = now + IDLE_TIME;
    return {};
}

Effects Conversation::receiveRequest(const wire::ClientMessage &message)
{
    return std::visit(
        Overloaded{
            [this](const wire::ClientHello &) { return end(FailureCode::BadRequest, {}); },
            [this](const wire::Register &) {
                return end(FailureCode::BadRequest, QStringLiteral("You are signed in already."));
            },
            [this](const wire::SignIn &) {
                return end(FailureCode::BadRequest, QStringLiteral("You are signed in already."));
            },
            [](const wire::Ping &ping) { return Effects{effect::Say{wire::Ok{ping.request}}}; },
            [](const auto &request) { return Effects{request}; },
        },
        message);
}

Effects Conversation::refuse(wire::Failure failure)
{
    failure.answers = m_entryRequest;
    return {effect::Say{std::move(failure)}};
}

Effects Conversation::end(FailureCode code, const QString &sentence)
{
    if (m_state == State::Ended)
        return {};
    m_state = State::Ended;
    m_deadline = NEVER;
    return {effect::Say{wire::Failure{0, code, sentence}}, effect::HangUp{}};
}

Effects Conversation::timeout(Instant now)
{
    if (now < m_deadline)
        return {};
    return end(FailureCode::Limit, QStringLiteral("The connection was silent for too long."));
}

} // namespace postern::rendezvous
