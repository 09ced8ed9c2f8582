#pragma once
// What two devices say through the rendezvous to meet, and the first words on the channel
// once they have. The server carries the former unread (SendSignal.body). PROTOCOL.md tells
// when each is legal. Pure values; any thread.
//
//     controlling                    controlled
//         | -- ConnectOffer ------------> |      through the rendezvous
//         | <------------ ConnectAnswer - |      (or ConnectRefusal)
//         | <- ConnectNetwork, if any -> |
//         | <-- ConnectPorts, if any --> |
//         | <===== punching, dialling ==> |
//         | -- PeerHello (stream 0) ----> |      on the secured channel that won
//         | <--------------- PeerHello -- |

#include "core/base/ids.h"
#include "core/nat/behaviour.h"
#include "core/punch/offer.h"
#include "core/punch/path_class.h"
#include "core/wire/codec.h"

#include <variant>

namespace postern::peer {

/// Raised when old and new programs can no longer connect to each other.
inline constexpr quint32 PEER_VERSION = 1;
inline constexpr quint32 OLDEST_PEER_VERSION = 1;

/// Why a channel is wanted: how patient both sides are, and what is of use.
enum class Purpose {
    Begin, ///< the link's first
    Repair, ///< the one before is dead or dying; another try follows soon
    Upgrade, ///< the one before works; a better path is wanted or none
    COUNT
};

struct ConnectOffer {
    static constexpr const char *TYPE = "connect-offer";
    ConnectionId connection;
    quint32 version = PEER_VERSION;
    quint32 oldest = OLDEST_PEER_VERSION;
    LinkId link; ///< known to the other side: a new channel for it; unknown: a new link
    Purpose purpose = Purpose::Begin;
    punch::PathFilter path = punch::PathFilter::Auto; ///< what the channel may run on
    Endpoint relayed; ///< by relay, and nothing else: our port there
    punch::PunchOffer punch;
    nat::NetworkBehaviour network; ///< as far as it has been measured
    bool measuring = false; ///< more is known soon: ConnectNetwork will say it
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("version", version);
        v("oldest", oldest);
        v("link", link);
        v("purpose", purpose);
        v("path", path);
        v("relayed", relayed);
        v("punch", punch);
        v("network", network);
        v("measuring", measuring);
    }
};

struct ConnectAnswer {
    static constexpr const char *TYPE = "connect-answer";
    ConnectionId connection;
    quint32 version = PEER_VERSION;
    punch::PunchOffer punch;
    Endpoint relayed; ///< as in the offer
    nat::NetworkBehaviour network; ///< as far as it has been measured
    bool measuring = false; ///< as in the offer
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("version", version);
        v("punch", punch);
        v("relayed", relayed);
        v("network", network);
        v("measuring", measuring);
    }
};

enum class RefusalReason { NotTrusted, Incompatible, Busy, NotReceiving, NoRelay, COUNT };

struct ConnectRefusal {
    static constexpr const char *TYPE = "connect-refusal";
    ConnectionId connection;
    RefusalReason reason = RefusalReason::Busy;
    quint32 version = PEER_VERSION;
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("reason", reason);
        v("version", version);
    }
};

/// What the sender's network does, where it was still being measured when the offer or the answer
/// was made. Either side, once.
struct ConnectNetwork {
    static constexpr const char *TYPE = "connect-network";
    ConnectionId connection;
    nat::NetworkBehaviour network;
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("network", network);
    }
};

/// Where the sender's next ports will be, for one attempt of the plan that both sides made
/// (punch/port_search.h). Either side, any number of times while a path is sought.
struct ConnectPorts {
    static constexpr const char *TYPE = "connect-ports";
    static constexpr wire::Limit PORTS_LIMIT{2048};
    ConnectionId connection;
    quint32 attempt = 0;
    QList<quint16> ports;
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("attempt", attempt);
        v("ports", ports, PORTS_LIMIT);
    }
};

/// TCP is tried through both NATs: a round begins (punch/simultaneous_open.h). From the
/// controlling side, each round once, while a path is sought; said back at once, or once the
/// sender's next ports are known.
struct ConnectRound {
    static constexpr const char *TYPE = "connect-round";
    static constexpr wire::Limit PORTS_LIMIT{16};
    ConnectionId connection;
    quint32 round = 0;
    QList<quint16> ports{}; ///< of the sender's outside; none: as offered
    quint16 waitMs = 0; ///< where ports are told: before the other side dials
    template<typename V> void fields(V &v)
    {
        v("connection", connection);
        v("round", round);
        v("ports", ports, PORTS_LIMIT);
        v("wait_ms", waitMs);
    }
};

/// The controlling side gave up before a path was found.
struct ConnectEnd {
    static constexpr const char *TYPE = "connect-end";
    ConnectionId connection;
    template<typename V> void fields(V &v) { v("connection", connection); }
};

using ConnectMessage = std::variant<ConnectOffer, ConnectAnswer, ConnectRefusal, ConnectPorts,
                                    ConnectEnd, ConnectRound, ConnectNetwork>;

/// First frame on the first stream, from the controlling side; answered by the other. It names
/// the winner among several secured channels, and its padding fills a datagram in both
/// directions: only then does the path count as found.
struct PeerHello {
    static constexpr const char *TYPE = "peer-hello";
    static constexpr qsizetype PADDING_BYTES = 1400; ///< more than a QUIC packet on 1500-byte links
    quint32 version = PEER_VERSION;
    QList<QString> capabilities;
    QByteArray padding = QByteArray(PADDING_BYTES, '\0');
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("capabilities", capabilities, wire::Limit{32});
        v("padding", padding, wire::Limit{2048});
    }
};

using HelloMessage = std::variant<PeerHello>;

// --- on the TCP port ---------------------------------------------------------------

/// A dialler begins with this greeting, as long as wire::DIAL_BACK_GREETING, and the 16-byte
/// token of the offer it answers; TLS follows. Anything else is closed at once.
inline constexpr char DIAL_GREETING[] = "POSTERN-PEER-001";
/// The same where both may be the one that connected: each says it, with the other's token.
inline constexpr char PUNCH_GREETING[] = "POSTERN-BOTH-001";
inline constexpr qsizetype GREETING_BYTES = 16;
inline constexpr qsizetype TOKEN_BYTES = 16;
inline constexpr qsizetype WHOLE_GREETING_BYTES = GREETING_BYTES + TOKEN_BYTES;

inline QByteArray dialGreeting(const QByteArray &token)
{
    return QByteArray(DIAL_GREETING, GREETING_BYTES) + token;
}
inline QByteArray punchGreeting(const QByteArray &token)
{
    return QByteArray(PUNCH_GREETING, GREETING_BYTES) + token;
}

} // namespace postern::peer
