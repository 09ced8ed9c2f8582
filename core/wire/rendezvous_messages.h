#pragma once
// Everything a client and a rendezvous say to each other. PROTOCOL.md tells when each is
// legal. Every request carries `request`; its answer (Ok, SignedIn, DialedBack or Failure)
// carries the same number in `answers`. Pure values; any thread.

#include "core/base/clock.h"
#include "core/base/endpoint.h"
#include "core/base/ids.h"
#include "core/wire/codec.h"

#include <variant>

namespace postern::wire {

/// Raised when old and new can no longer understand each other.
inline constexpr quint32 PROTOCOL_VERSION = 1;
inline constexpr quint32 OLDEST_SUPPORTED_VERSION = 1;

/// A server closes a signed-in connection that has said nothing for this long; a client pings
/// twice within it, which also keeps its NAT's mapping.
inline constexpr auto IDLE_TIMEOUT = 45s;

inline constexpr Limit NAME_LIMIT{64}; ///< an account's name, UTF-8 bytes
inline constexpr Limit DEVICE_NAME_LIMIT{128};
inline constexpr Limit PASSWORD_LIMIT{1024};
inline constexpr Limit KEY_LIMIT{256}; ///< SubjectPublicKeyInfo of P-256, DER: 91 bytes
inline constexpr Limit SIGNATURE_LIMIT{256};
inline constexpr Limit SIGNAL_BODY_LIMIT{16 * 1024};
inline constexpr Limit CONTACTS_LIMIT{1000};
inline constexpr Limit DEVICES_LIMIT{32};
inline constexpr Limit RELAYS_LIMIT{8};
inline constexpr Limit HOST_LIMIT{253}; ///< RFC 1035 section 2.3.4, without the last dot
inline constexpr Limit RELAY_CREDENTIAL_LIMIT{508}; ///< RFC 8489 section 14.3

/// Names the capability of a server that answers RelayRequest.
inline constexpr char RELAY_CAPABILITY[] = "relay";

// --- both ways, before anything else -------------------------------------------

struct ClientHello {
    static constexpr const char *TYPE = "client-hello";
    quint32 version = PROTOCOL_VERSION;
    quint32 oldest = OLDEST_SUPPORTED_VERSION;
    QList<QString> capabilities;
    QString agent; ///< program and version, for the operator's log
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("oldest", oldest);
        v("capabilities", capabilities, Limit{32});
        v("agent", agent);
    }
};

struct ServerHello {
    static constexpr const char *TYPE = "server-hello";
    quint32 version = PROTOCOL_VERSION;
    quint32 oldest = OLDEST_SUPPORTED_VERSION;
    QList<QString> capabilities;
    QString agent;
    QByteArray challenge; ///< 32 random bytes; what a device key signs on this connection
    Endpoint observed; ///< the client's address as the server saw it (post-NAT)
    Endpoint stun; ///< empty address: the host the client connected to; port 0: no STUN
    Endpoint stunAlternate; ///< a second address for RFC 5780, else a second port, if it has one
    bool registrationOpen = false;
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("oldest", oldest);
        v("capabilities", capabilities, Limit{32});
        v("agent", agent);
        v("challenge", challenge, Limit{64});
        v("observed", observed);
        v("stun", stun);
        v("stun_alternate", stunAlternate);
        v("registration_open", registrationOpen);
    }
};

// --- client to server ------------------------------------------------------------

/// What identifies the device that signs in. `signature` is ECDSA-SHA256 (DER) by the device
/// key over signInPayload(): it proves the key on this very connection to this very server.
struct DeviceProof {
    QByteArray publicKey; ///< SubjectPublicKeyInfo, DER
    QString name;
    QByteArray signature;
    template<typename V> void fields(V &v)
    {
        v("public_key", publicKey, KEY_LIMIT);
        v("name", name, DEVICE_NAME_LIMIT);
        v("signature", signature, SIGNATURE_LIMIT);
    }
};

struct Register {
    static constexpr const char *TYPE = "register";
    quint32 request = 0;
    QString user;
    QString password;
    QString invite;
    DeviceProof device;
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("user", user, NAME_LIMIT);
        v("password", password, PASSWORD_LIMIT);
        v("invite", invite);
        v("device", device);
    }
};

/// With a password: adds this device to the account. Without: the device must be known.
struct SignIn {
    static constexpr const char *TYPE = "sign-in";
    quint32 request = 0;
    QString user;
    QString password;
    DeviceProof device;
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("user", user, NAME_LIMIT);
        v("password", password, PASSWORD_LIMIT);
        v("device", device);
    }
};

enum class ContactAction { Request, Accept, Refuse, Remove, Block, Unblock, COUNT };

struct ContactChange {
    static constexpr const char *TYPE = "contact-change";
    quint32 request = 0;
    QString name;
    ContactAction action = ContactAction::Request;
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("name", name, NAME_LIMIT);
        v("action", action);
    }
};

/// Whether this session takes offers; presence shows it to contacts.
struct SetReceiving {
    static constexpr const char *TYPE = "set-receiving";
    quint32 request = 0;
    bool receiving = false;
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("receiving", receiving);
    }
};

/// A message for a contact's device. With a null session it goes to the device's newest
/// session that receives; answers name the session they came from.
struct SendSignal {
    static constexpr const char *TYPE = "send-signal";
    quint32 request = 0;
    QString user;
    DeviceId device;
    SessionId session;
    QByteArray body; ///< opaque to the server
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("user", user, NAME_LIMIT);
        v("device", device);
        v("session", session);
        v("body", body, SIGNAL_BODY_LIMIT);
    }
};

struct RevokeDevice {
    static constexpr const char *TYPE = "revoke-device";
    quint32 request = 0;
    DeviceId device;
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("device", device);
    }
};

/// Asks the server to try, from a fresh socket, the address it sees this client at.
struct DialBack {
    static constexpr const char *TYPE = "dial-back";
    quint32 request = 0;
    quint16 tcpPort = 0; ///< 0: don't try TCP
    quint16 udpPort = 0; ///< the mapped port STUN told; 0: don't try UDP
    QByteArray token; ///< 16 bytes; our listener answers with them, proving it was us
    template<typename V> void fields(V &v)
    {
        v("request", request);
        v("tcp_port", tcpPort);
        v("udp_port", udpPort);
        v("token", token, Limit{16});
    }
};

/// Asks where this server's relays are and for credentials to use them. Only for a server that
/// names RELAY_CAPABILITY.
struct RelayRequest {
    static constexpr const char *TYPE = "relay-request";
    quint32 request = 0;
    template<typename V> void fields(V &v) { v("request", request); }
};

struct Ping {
    static constexpr const char *TYPE = "ping";
    quint32 request = 0;
    template<typename V> void fields(V &v) { v("request", request); }
};

using ClientMessage = std::variant<ClientHello, Register, SignIn, ContactChange, SetReceiving,
                                   SendSignal, RevokeDevice, DialBack, RelayRequest, Ping>;

// --- server to client ------------------------------------------------------------

struct Ok {
    static constexpr const char *TYPE = "ok";
    quint32 answers = 0;
    template<typename V> void fields(V &v) { v("answers", answers); }
};

enum class FailureCode {
    BadRequest,
    Incompatible,
    SignInRefused,
    NameTaken,
    NameInvalid,
    PasswordTooShort,
    RegistrationClosed,
    InviteInvalid,
    RateLimited,
    PeerOffline,
    NotAContact,
    Limit,
    ShuttingDown,
    Internal,
    COUNT
};

/// With `answers` 0 it concerns the connection, which the server then closes.
struct Failure {
    static constexpr const char *TYPE = "failure";
    quint32 answers = 0;
    FailureCode code = FailureCode::Internal;
    QString message; ///< a sentence in English, for logs and as the fallback text
    template<typename V> void fields(V &v)
    {
        v("answers", answers);
        v("code", code);
        v("message", message, Limit{512});
    }
};

struct DeviceEntry {
    DeviceId id;
    QByteArray publicKey;
    QString name;
    bool online = false;
    bool receiving = false;
    template<typename V> void fields(V &v)
    {
        v("id", id);
        v("public_key", publicKey, KEY_LIMIT);
        v("name", name, DEVICE_NAME_LIMIT);
        v("online", online);
        v("receiving", receiving);
    }
};

struct SignedIn {
    static constexpr const char *TYPE = "signed-in";
    quint32 answers = 0;
    QString user; ///< as the server spells it
    SessionId session;
    template<typename V> void fields(V &v)
    {
        v("answers", answers);
        v("user", user, NAME_LIMIT);
        v("session", session);
    }
};

enum class ContactStanding { Accepted, AskedByYou, AsksYou, Blocked, Self, COUNT };

/// One contact, whole: sent for each after sign-in, and again whenever anything of it changes.
/// Devices are told for Accepted and Self only.
struct ContactEntry {
    static constexpr const char *TYPE = "contact";
    QString name;
    ContactStanding standing = ContactStanding::Accepted;
    QList<DeviceEntry> devices;
    template<typename V> void fields(V &v)
    {
        v("name", name, NAME_LIMIT);
        v("standing", standing);
        v("devices", devices, DEVICES_LIMIT);
    }
};

struct ContactGone {
    static constexpr const char *TYPE = "contact-gone";
    QString name;
    template<typename V> void fields(V &v) { v("name", name, NAME_LIMIT); }
};

/// After the last ContactEntry that follows SignedIn.
struct ContactsComplete {
    static constexpr const char *TYPE = "contacts-complete";
    template<typename V> void fields(V &) { }
};

/// A contact's device came, went, or began or ceased to take offers.
struct Presence {
    static constexpr const char *TYPE = "presence";
    QString name;
    DeviceId device;
    bool online = false;
    bool receiving = false;
    template<typename V> void fields(V &v)
    {
        v("name", name, NAME_LIMIT);
        v("device", device);
        v("online", online);
        v("receiving", receiving);
    }
};

struct Signal {
    static constexpr const char *TYPE = "signal";
    QString user;
    DeviceId device; ///< proved to the server by signature, not chosen by the sender
    SessionId session; ///< where an answer goes
    QByteArray body;
    template<typename V> void fields(V &v)
    {
        v("user", user, NAME_LIMIT);
        v("device", device);
        v("session", session);
        v("body", body, SIGNAL_BODY_LIMIT);
    }
};

struct DialedBack {
    static constexpr const char *TYPE = "dialed-back";
    quint32 answers = 0;
    bool tcp = false;
    bool udp = false;
    template<typename V> void fields(V &v)
    {
        v("answers", answers);
        v("tcp", tcp);
        v("udp", udp);
    }
};

enum class RelayTransport { Udp, Tcp, Tls, COUNT };

/// One way to a TURN server (RFC 8656).
struct RelayServer {
    RelayTransport transport = RelayTransport::Udp;
    QString host; ///< a name or an address; empty: the host this client connected to
    quint16 port = 0; ///< 0: the port this client connected to
    QByteArray certificateSha256; ///< TLS only; empty: the system's authorities vouch for `host`
    template<typename V> void fields(V &v)
    {
        v("transport", transport);
        v("host", host, HOST_LIMIT);
        v("port", port);
        v("certificate", certificateSha256, Limit{32});
    }
    friend bool operator==(const RelayServer &, const RelayServer &) = default;
};

/// Relays and a long-term credential for them that ends by itself; ask again before that.
struct RelayAccess {
    static constexpr const char *TYPE = "relay-access";
    quint32 answers = 0;
    QList<RelayServer> servers;
    QString username;
    QString password;
    quint32 lifetimeSeconds = 0;
    template<typename V> void fields(V &v)
    {
        v("answers", answers);
        v("servers", servers, RELAYS_LIMIT);
        v("username", username, RELAY_CREDENTIAL_LIMIT);
        v("password", password, RELAY_CREDENTIAL_LIMIT);
        v("lifetime", lifetimeSeconds);
    }
    friend bool operator==(const RelayAccess &, const RelayAccess &) = default;
};

using ServerMessage = std::variant<ServerHello, Ok, Failure, SignedIn, ContactEntry, ContactGone,
                                   ContactsComplete, Presence, Signal, DialedBack, RelayAccess>;

// --- what a device key signs -------------------------------------------------------

/// The bytes a DeviceProof signs: a label, the server's challenge, the SHA-256 of the server's
/// certificate as the client sees it (so a proof can't be replayed through a middleman), and
/// the account's name.
QByteArray signInPayload(const QByteArray &challenge, const QByteArray &serverCertificateSha256,
                         const QString &user);

// --- dial-back on the listening ports ------------------------------------------------

/// TCP: the server sends DIAL_BACK_GREETING and nothing else; the listener answers with the
/// 16-byte token of the DialBack request. UDP: the server sends a STUN Binding request whose
/// USERNAME is the token in hex; the client answers it as any STUN server does.
inline constexpr char DIAL_BACK_GREETING[] = "POSTERN-DIALBACK"; // 16 bytes on the wire

} // namespace postern::wire
