#pragma once
// One account's connection to its rendezvous as a pure machine: what to say, when to give up,
// when to try again. The driver (rendezvous_client.h) owns the socket and the clock, feeds in
// what happens and carries out what takeOutputs() asks for.
//
//   SignedOut --signIn--> Connecting --connected--> Greeting --ServerHello--> SigningIn
//                            ^                                                   |
//                     delay  |                                                SignedIn
//                            |                                                   v
//                         Waiting <--lost, timed out, server unwell--------- Online
//   Refused: from any of them when trying again can't help (refused, incompatible, other key);
//   only a new signIn() leaves it.
//
// A sign-in with a password or a registration has a person in front of it: if it can't be
// done, the machine ends SignedOut with the reason and keeps no password. Once signed in, and
// for a sign-in by device key, it tries for ever, with backoff. Thread: engine thread.

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/signalling/backoff.h"
#include "core/signalling/contact_book.h"
#include "core/signalling/liveness.h"
#include "core/signalling/request_table.h"
#include "core/wire/rendezvous_messages.h"

#include <functional>
#include <optional>
#include <variant>
#include <vector>

namespace postern {

/// What signs in: the public half of the device key, and a way to use the private half.
struct SigningDevice {
    QByteArray publicKey; ///< SubjectPublicKeyInfo, DER
    QString name; ///< what contacts see
    std::function<Result<QByteArray>(const QByteArray &payload)> sign; ///< ECDSA-SHA256, DER
};

struct SignInOrder {
    enum class Way { Register, Password, DeviceKey };

    Way way = Way::DeviceKey;
    QString user;
    QString password; ///< Register and Password only; dropped as soon as it was used
    QString invite; ///< Register only; empty where registration is open
    SigningDevice device;
};

enum class LinkState { SignedOut, Connecting, Online, Reconnecting, Refused };

/// What is known of the connection; kept while Reconnecting, so that faces don't flicker.
struct LinkStatus {
    LinkState state = LinkState::SignedOut;
    std::optional<Error> problem; ///< why Reconnecting, Refused or SignedOut
    QString user; ///< as the server spells it
    SessionId session; ///< null unless Online
    Endpoint observed; ///< our address as the server saw it (post-NAT, TCP)
    Endpoint stun; ///< null: the server has no STUN
    Endpoint stunAlternate; ///< at another address, or only another port; null: neither
    wire::RelayAccess relay; ///< kept fresh while Online; no servers: there is no relay
    bool registrationOpen = false;
    bool contactsComplete = false; ///< every contact has been told since the last sign-in
};

/// The connection as the driver made it.
struct MadeConnection {
    QByteArray certificateSha256; ///< of the server's certificate, already found trustworthy
    IpAddress server; ///< the address that was connected to
    quint16 port = 0;
};

using ClientRequest =
    std::variant<wire::ContactChange, wire::SendSignal, wire::RevokeDevice, wire::DialBack>;

namespace session_output {
struct OpenConnection { };
struct CloseConnection { };
struct Transmit {
    QByteArray payload; ///< of one frame
};
struct StatusChanged { };
struct ContactChanged {
    QString name; ///< changed or gone; contacts() knows which
};
struct SignalReceived {
    wire::Signal signal;
};
struct Answered {
    std::uint32_t request = 0;
    Result<wire::ServerMessage> answer; ///< Ok or DialedBack; a Failure became the error
};
} // namespace session_output

using SessionOutput = std::variant<session_output::OpenConnection, session_output::CloseConnection,
                                   session_output::Transmit, session_output::StatusChanged,
                                   session_output::ContactChanged, session_output::SignalReceived,
                                   session_output::Answered>;

class SessionMachine {
public:
    explicit SessionMachine(RandomSource random);

    // --- orders --------------------------------------------------------------------
    void signIn(Instant now, SignInOrder order); ///< ends what was before
    void signOut(Instant now);
    /// Whether this session takes offers; said again after every reconnect.
    void setReceiving(Instant now, bool receiving);
    /// Its number, under which Answered will come; fails at once unless Online.
    Result<std::uint32_t> request(Instant now, ClientRequest request);

    // --- what happened -------------------------------------------------------------
    void connected(Instant now, const MadeConnection &connection);
    void received(Instant now, const QByteArray &payload);
    /// Could not be made, or was lost. InvalidArgument, ServerKeyChanged and Incompatible are
    /// final; anything else is tried again.
    void disconnected(Instant now, const Error &why);
    void networkChanged(Instant now);
    /// A path to a peer died while it was in use, so ours to the server may be dead too: finds
    /// out at once, and comes back in a hurry. Say it again while that lasts.
    void urge(Instant now);
    void advance(Instant now); ///< call when deadline() is reached

    // --- what to do ----------------------------------------------------------------
    Instant deadline() const;
    std::vector<SessionOutput> takeOutputs();

    const LinkStatus &status() const { return m_status; }
    const ContactBook &contacts() const { return m_contacts; }

private:
    enum class Phase { SignedOut, Connecting, Greeting, SigningIn, Online, Waiting, Refused };

    void transition(Instant now, Phase phase);
    void show(LinkState state, std::optional<Error> problem);
    bool isOpen() const;
    void drop(const Error &why); ///< closes the connection and answers everyone who waits
    void lose(Instant now, const Error &why); ///< drop(), then decide what follows
    void fail(const std::vector<RequestTable::Open> &requests, const Error &why);
    void forgetSecrets();

    void phaseTimedOut(Instant now);
    void keepOnline(Instant now);

    void handle(Instant now, const wire::ServerHello &hello);
    void handle(Instant now, const wire::Ok &ok);
    void handle(Instant now, const wire::Failure &failure);
    void handle(Instant now, const wire::SignedIn &signedIn);
    void handle(Instant now, const wire::ContactEntry &entry);
    void handle(Instant now, const wire::ContactGone &gone);
    void handle(Instant now, const wire::ContactsComplete &complete);
    void handle(Instant now, const wire::Presence &presence);
    void handle(Instant now, const wire::Signal &signal);
    void handle(Instant now, const wire::DialedBack &dialedBack);
    void handle(Instant now, const wire::RelayAccess &access);
    void answered(Instant now, std::uint32_t number, Result<wire::ServerMessage> answer);
    bool expect(Instant now, Phase phase); ///< false: it was not the time for that message

    void sendSignIn(Instant now, const QByteArray &challenge);
    void sendReceiving(Instant now);
    void sendPing(Instant now);
    void sendRelayRequest(Instant now);
    void tell(const QList<QString> &changedContacts);
    template<typename M> void transmit(const M &message);

    RandomSource m_random;
    SignInOrder m_order;
    Phase m_phase = Phase::SignedOut;
    Instant m_phaseDeadline = NEVER; ///< the phase has taken too long, or the delay is over
    LinkStatus m_status;
    MadeConnection m_connection;
    ContactBook m_contacts;
    RequestTable m_requests;
    Liveness m_liveness;
    Backoff m_backoff;
    Instant m_settled = NEVER; ///< Online for so long that the next loss starts a fresh backoff
    bool m_receiving = false;
    Instant m_hurriedUntil = Instant::min(); ///< a connection lost before is made anew at once
    Instant m_receivingRetry = NEVER;
    bool m_relayOffered = false; ///< the server named the capability
    Instant m_relayRenewal = NEVER;
    std::vector<SessionOutput> m_outputs;
};

} // namespace postern
