#pragma once
// What one client and the server say to each other, as a machine: takes decoded messages,
// yields what to answer and what to have done. No socket, clock or database. Network thread.
//
//   AwaitingHello --hello--> AwaitingEntry --register, sign-in--> Entering --in--> SignedIn
//        |                       |   ^                               |                |
//        |                       |   '------------refused------------'                |
//        '--------- time, breach, too many attempts, shutdown --> Ended <-------------'

#include "core/base/clock.h"
#include "core/base/random.h"
#include "rendezvous/accounts/account_service.h"

#include <variant>
#include <vector>

namespace postern::rendezvous {

inline constexpr auto HELLO_TIME = 10s; ///< from accept to hello, TLS included
inline constexpr auto ENTRY_TIME = 30s; ///< from hello, or a refusal, to the next attempt
inline constexpr auto IDLE_TIME = wire::IDLE_TIMEOUT;
inline constexpr int MOST_ENTRY_ATTEMPTS = 5; ///< on one connection

/// What this connection's hello tells and its sign-in must prove.
struct Welcome {
    Endpoint observed;
    Endpoint stun;
    Endpoint stunAlternate;
    RegistrationPolicy registration = RegistrationPolicy::Closed;
    bool relay = false; ///< whether relays can be asked for
    QByteArray certificateSha256;
};

namespace effect {
struct Say {
    wire::ServerMessage message;
};
/// After what was said. Nothing more is read.
struct HangUp { };
struct Enter {
    quint32 request = 0;
    bool registering = false;
    EntryRequest entry;
};
} // namespace effect

/// Requests of a signed-in client are passed on as they are; whoever carries them out answers.
using Effect = std::variant<effect::Say, effect::HangUp, effect::Enter, wire::ContactChange,
                            wire::SetReceiving, wire::SendSignal, wire::RevokeDevice,
                            wire::DialBack, wire::RelayRequest>;
using Effects = std::vector<Effect>;

class Conversation {
public:
    enum class State { AwaitingHello, AwaitingEntry, Entering, SignedIn, Ended };

    Conversation(Instant now, Welcome welcome, const RandomSource &random);

    Effects receive(Instant now, const Result<wire::ClientMessage> &message);
    /// The answer to effect::Enter.
    Effects entered(Instant now, const Reply<Membership> &reply);
    /// The server ends it: shutdown, revoked, disabled.
    Effects end(wire::FailureCode code, const QString &sentence);

    Effects timeout(Instant now);
    Instant deadline() const { return m_deadline; }

    State state() const { return m_state; }
    bool early() const { return m_state != State::SignedIn; }
    const Endpoint &observed() const { return m_welcome.observed; }

private:
    Effects receiveHello(Instant now, const wire::ClientHello &hello);
    Effects receiveEarly(Instant now, const wire::ClientMessage &message);
    Effects receiveRequest(const wire::ClientMessage &message);
    Effects enter(quint32 request, bool registering, const QString &user, const QString &password,
                  const QString &invite, const wire::DeviceProof &device);
    Effects refuse(wire::Failure failure);

    Welcome m_welcome;
    QByteArray m_challenge;
    State m_state = State::AwaitingHello;
    Instant m_deadline;
    quint32 m_entryRequest = 0;
    int m_attempts = 0;
};

} // namespace postern::rendezvous
