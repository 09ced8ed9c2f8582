#pragma once
// What the engine tells the faces: snapshots, values, safe to keep. They mean the same
// to the desktop app, the command line and a test.

#include "core/base/ids.h"
#include "core/base/result.h"
#include "core/transport/peer_channel.h"

#include <QDateTime>
#include <QList>
#include <QMetaType>
#include <QString>
#include <QStringList>

#include <optional>

namespace postern {

/// Where the device key and the account's secrets live.
enum class SecretsMode {
    Keychain, ///< the system's (Secret Service, Keychain, Credential Manager)
    File, ///< an owner-only file in the profile; an explicit choice
    SessionOnly, ///< memory; the device must sign in with the password again next time
};

enum class AcceptPolicy { Contacts, Ask, None };
enum class PathPreference { Auto, Lan, Tcp, Udp, Relay };

struct EngineOptions {
    QString profile; ///< folder; created owner-only if missing
    SecretsMode secrets = SecretsMode::Keychain;
    quint16 port = 47100; ///< TCP and UDP; a free one if taken; 0 picks a free one
    Congestion congestion = Congestion::Bbr; ///< of what is sent by UDP and by relay
    bool mapPort = true; ///< ask the router to pass the port on (UPnP, NAT-PMP, PCP)
    /// Sends that were cut off go on by themselves; else when the same is sent again.
    bool resumeSends = false;
    QString deviceName; ///< what contacts see; empty: the host's name
};

struct Account {
    QString server; ///< "host:port" or "host:port#sha256:<hex>"
    QString user;
};

enum class SessionState { SignedOut, Connecting, Online, Reconnecting, Refused };

struct SessionInfo {
    SessionState state = SessionState::SignedOut;
    Account account;
    DeviceId device;
    QString publicAddress; ///< as the server saw us, "address:port"; empty until known
    std::optional<Error> problem; ///< why Reconnecting or Refused
};

enum class KeyTrust {
    FirstSeen, ///< pinned when first met
    Verified, ///< a person compared the safety number
    New, ///< a further device of a known contact, not yet used
    Changed, ///< not the pinned key: blocked until a person decides
};

struct DeviceInfo {
    DeviceId id;
    QString name;
    bool online = false;
    bool receiving = false; ///< some session of it takes offers
    KeyTrust trust = KeyTrust::FirstSeen;
};

/// What is done with the offers of one contact, where a person decided; else ReceiveOptions.
struct ContactRule {
    enum class Take { Ask, Always, BelowSize, Never };
    Take take = Take::Ask;
    qint64 belowBytes = 0; ///< BelowSize: offers of at most so much are taken, others asked about
    QString into; ///< where its offers land; empty: ReceiveOptions::into
    friend bool operator==(const ContactRule &, const ContactRule &) = default;
};

enum class ContactState {
    Accepted,
    AskedByUs, ///< we asked, they have not answered
    AsksUs, ///< they asked, we have not answered
    Blocked,
    OwnDevices, ///< the account itself: sending to one's other devices
};

struct ContactInfo {
    QString name;
    ContactState state = ContactState::Accepted;
    QList<DeviceInfo> devices;
    QString safetyNumber; ///< 60 digits in groups of five; empty while no key is known
    std::optional<ContactRule> rule{};
    bool online() const;
    bool receiving() const;
    KeyTrust trust() const; ///< the worst of its devices
};

enum class EntryKind { File, Folder };

struct OfferEntry {
    QString path; ///< relative, '/' between parts, as it will be named here
    EntryKind kind = EntryKind::File;
    qint64 bytes = 0;
};

/// Someone wants to send us something.
struct OfferInfo {
    TransferId id;
    QString contact;
    QString device; ///< the sending device's name
    QString title; ///< the only or first top-level name; of a text: its first line
    qint64 files = 0;
    qint64 folders = 0;
    qint64 bytes = 0;
    QString text; ///< a text or link is offered, and no files; plain, whatever is in it
    QList<OfferEntry> entries; ///< the tree; at most OFFER_ENTRIES_SHOWN of it
    QString destination; ///< the folder it would land in
    qint64 freeBytes = 0; ///< there; -1: the system does not tell
    std::optional<Error> problem; ///< why accepting would fail now (disk full, not writable)
};
inline constexpr int OFFER_ENTRIES_SHOWN = 20'000;

struct AcceptTerms {
    QString into; ///< empty: the offer's destination
    /// Positions in OfferInfo::entries; a folder stands for all in it. What is not shown is taken.
    QList<int> leaveOut;
};

enum class Direction { Sending, Receiving };

enum class TransferState {
    WaitingForContact, ///< offline: sent when both are online
    Queued, ///< others to the same contact go first
    Preparing,
    Offered,
    Connecting,
    Transferring,
    Stalled, ///< nothing moves, or the connection was lost and another is being looked for
    Resuming, ///< on a new connection, finding out where to go on
    Paused, ///< see TransferInfo::pausedBy
    Verifying,
    Delivered,
    Declined,
    Cancelled,
    Failed,
};

enum class PausedBy {
    Nobody,
    Us,
    Them,
    Trouble, ///< a disk's, told in `problem`: goes on by itself once that is cured
};

struct TransferInfo {
    TransferId id;
    Direction direction = Direction::Sending;
    TransferState state = TransferState::Preparing;
    QString contact;
    QString title; ///< the only or first top-level name; of a text: its first line
    QString text; ///< it is a text or link, and no files
    PausedBy pausedBy = PausedBy::Nobody;
    int place = -1; ///< among those that wait for the same contact, from 0; -1: it does not wait
    qint64 bytesPerSecond = 0; ///< its own limit; 0: none
    qint64 relayedBytes = 0; ///< that went by relay, both ways
    QStringList pathKinds; ///< all that were used: "lan", "tcp", "udp", "relay"
    qint64 files = 0; ///< total
    qint64 bytes = 0; ///< done and verified by the receiver
    qint64 totalBytes = 0;
    double rate = 0; ///< bytes a second, smoothed
    qint64 secondsLeft = -1; ///< -1: not known
    qint64 elapsedMs = 0; ///< since data could flow
    /// Receiving: from our yes to the first content that came. Sending: from send() to the first
    /// that left. -1: none yet.
    qint64 firstByteMs = -1;
    std::optional<PathInfo> path;
    std::optional<Error> problem;
    bool resumable = false;
    QString location; ///< receiving: where the first item landed; sending: the source
    QStringList notes; ///< things told to people: renamed, skipped, made safe
    QDateTime startedAt;
    bool finished() const; ///< Delivered, Declined, Cancelled or Failed
};

/// One step of a search for a path; the names are stable (core/punch/timeline.h).
struct SearchStep {
    qint64 ms = 0; ///< since the search began
    QString name;
    QString remote; ///< whom it was about; empty: nobody
    int number = 0; ///< of ports, or which guess; 0: none
};

/// A search for a path to a contact's device that has ended. One to a peer makes two: for a direct
/// path, and for one by relay.
struct SearchInfo {
    QString contact;
    bool ours = true; ///< this side began it
    bool byRelay = false;
    QString purpose; ///< "begin", "repair", "upgrade"
    QString ownNetwork; ///< "public", "full-cone", ..., as the plan was made for; empty: no plan
    QString peerNetwork;
    QStringList plan; ///< "punch", "predict", ..., "relay", in this order
    double odds = 0; ///< of a direct path, 0 to 1
    QString strategy; ///< of the path that was found; empty: none was
    std::optional<Error> problem; ///< why it ended without one
    qint64 elapsedMs = 0;
    QList<SearchStep> steps;
};

struct SendRequest {
    QStringList paths;
    QString contact;
    std::optional<DeviceId> device; ///< empty: the first that receives
    PathPreference path = PathPreference::Auto;
    qint64 bytesPerSecond = 0; ///< 0: no limit
    bool waitForContact = false; ///< where it is offline: sent once both are online, not failed
    QString text{}; ///< instead of paths: a text or link, at most TEXT_LIMIT bytes of UTF-8
    /// Goes on with this one of the queue, under its number; the queue knows what and to whom.
    std::optional<TransferId> queued{};
    TransferId
        follows{}; ///< it brings what this one left out, by its number between peers; null: none
};

/// A send that the profile remembers: it waits, was cut off, or failed.
struct QueuedSend {
    enum class State { Waiting, Paused, CutOff, Failed };
    TransferId id;
    State state = State::Waiting;
    QString contact;
    std::optional<DeviceId> device; ///< the only one it may go to
    QString title;
    QStringList paths;
    QString text; ///< instead of paths
    qint64 bytesPerSecond = 0; ///< 0: no limit
    int place = -1; ///< among those that wait for the same contact, from 0; -1: it failed
    bool busy = false; ///< another process of this profile works on it
    QString problem; ///< why it failed, a sentence
};

inline constexpr int TEXT_LIMIT = 32 * 1024;

/// For all transfers together; 0: no limit.
struct RateLimits {
    qint64 up = 0; ///< bytes a second
    qint64 down = 0;
    bool yields = false; ///< leave room to others on the line: slow down when delays grow
    friend bool operator==(const RateLimits &, const RateLimits &) = default;
};

struct ReceiveOptions {
    QString into;
    AcceptPolicy accept = AcceptPolicy::Ask;
};

/// What the network does to one transport's packets (RFC 4787); what is not known is empty,
/// and a number 0. Names are the stable ones of the JSON contract.
struct TransportInfo {
    std::optional<bool> passes;
    QString mapping; ///< "endpoint-independent", "address-dependent", "address-and-port-dependent"
    QString filtering; ///< the same words
    std::optional<bool> newAtOtherPort; ///< a new mapping for another port of a known address?
    std::optional<bool> newAtOtherAddress; ///< ... and for another address?
    QString allocation; ///< "preserve", "sequential", "random", "block"
    std::optional<int> delta; ///< sequential: from one mapping's port to the next
    std::optional<bool> keepsParity;
    int lowestPort = 0; ///< random, block: the range
    int highestPort = 0;
    int confidence = 0; ///< in the allocation, per cent
    std::optional<bool> hairpin;
    int idleSeconds = 0; ///< how long an unused mapping lives
    int absoluteSeconds = 0; ///< cut this long after birth, used or not
};

/// What is known of this network so far.
struct NetworkInfo {
    QStringList localAddresses;
    QString publicTcp; ///< as the server saw us
    QString publicUdp; ///< as STUN saw us; empty: UDP did not get through
    bool tcpReachable = false; ///< proved by dial-back
    bool udpReachable = false;
    quint16 port = 0;
    QString portmap; ///< how the router passes our port on: "upnp", "nat-pmp", "pcp", "none"
    QString mappedTcp; ///< of that, what the server got through to; empty: nothing
    QString mappedUdp;
    TransportInfo udp;
    TransportInfo tcp;
    std::optional<bool> isPublic; ///< by dial-back
    std::optional<int> depth; ///< NATs between this machine and the internet
    QString natClass; ///< "public", "full cone", ... "symmetric", "blocked"; empty: not known
    QString summary; ///< one plain sentence for people
};

/// How much of the network is measured.
enum class NetworkMeasurement {
    Quick, ///< within seconds; what takes longer as far as it is known from before
    Thorough, ///< the lifetimes of mappings too: minutes
};

/// One transfer that is over, as the profile remembers it.
struct HistoryEntry {
    qint64 key = 0; ///< ascending with time
    TransferId id;
    Direction direction = Direction::Sending;
    QString contact;
    QString device;
    QString title;
    QString text;
    qint64 files = 0;
    qint64 bytes = 0; ///< that arrived
    qint64 totalBytes = 0;
    QDateTime startedAt;
    QDateTime endedAt;
    TransferState result = TransferState::Delivered;
    QString problem; ///< a sentence, where it did not end well
    QStringList pathKinds;
    qint64 relayedBytes = 0;
    double averageRate = 0; ///< bytes a second while data could flow
    QString location;
};

struct HistoryQuery {
    QString words; ///< all must occur in contact, title, text or a file's name; empty: all
    qint64 before = 0; ///< keys below; 0: from the newest
    int most = 200;
};

struct HistoryFile {
    QString path; ///< relative, '/' between parts
    qint64 bytes = 0;
    QByteArray hash; ///< of the content (core/transfer/file_hash.h); empty where not known
};

struct HistoryFilesQuery {
    qint64 key = 0; ///< of the entry
    qint64 from = 0; ///< so many of its files were told before
    int most = 1'000; ///< up to 10,000
};

/// Some of an entry's files, in their order; fewer than asked for where their names are long.
struct HistoryFilesPage {
    QList<HistoryFile> files;
    bool last = true; ///< nothing comes after them
};

/// Stable lower-case names for JSON and tests ("waiting-for-contact", "delivered", ...).
QString transferStateName(TransferState state);
QString sessionStateName(SessionState state);
QString keyTrustName(KeyTrust trust);
QString contactStateName(ContactState state);
QString pausedByName(PausedBy by); ///< "us", "them", "trouble"; empty for Nobody

} // namespace postern

Q_DECLARE_METATYPE(postern::SessionInfo)
Q_DECLARE_METATYPE(postern::OfferInfo)
Q_DECLARE_METATYPE(postern::TransferInfo)
Q_DECLARE_METATYPE(postern::TransferId)
