#pragma once
// What two peers say about a transfer on its control stream, one framed CBOR map each.
// The bytes of files travel on a data stream of their own (block_frame.h); the list of
// names travels in pages (manifest_page.h). PROTOCOL.md tells when each is legal.
// Pure values; any thread.

#include "core/base/ids.h"
#include "core/wire/codec.h"

#include <variant>

namespace postern::wire {

/// Raised when old and new peers can no longer transfer files to each other.
inline constexpr quint32 TRANSFER_VERSION = 3; ///< 2: links, holes; 3: attributes

inline constexpr Limit MANIFEST_PAGE_LIMIT{60 * 1024}; ///< so that a page fits MAX_FRAME_BYTES
inline constexpr Limit TRANSFER_CAPABILITIES_LIMIT{32};
inline constexpr Limit LIST_HASH_LIMIT{16};
inline constexpr Limit TEXT_BYTES_LIMIT{32 * 1024};
inline constexpr Limit CHOICE_PAGE_LIMIT{48 * 1024};

/// What an offer claims; the manifest must come out exactly so.
struct TransferTotals {
    quint32 files = 0;
    quint32 folders = 0;
    qint64 bytes = 0;
    template<typename V> void fields(V &v)
    {
        v("files", files);
        v("folders", folders);
        v("bytes", bytes);
    }
    friend bool operator==(const TransferTotals &, const TransferTotals &) = default;
};

// --- sender to receiver ------------------------------------------------------------

/// The first frame of a control stream, which the sender opens.
struct TransferOffer {
    static constexpr const char *TYPE = "transfer-offer";
    quint32 version = TRANSFER_VERSION;
    QList<QString> capabilities;
    TransferId transfer;
    quint64 attachment = 0; ///< see TransferResume
    TransferTotals totals;
    /// A text or link is offered instead of files; the totals then are no files, no folders and
    /// its bytes. No list follows.
    QString text;
    qint64 stored = -1; ///< bytes on a disk that keeps holes; -1: as many as there are
    /// Brings what this one left out because it had changed; null: none.
    TransferId follows;
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("capabilities", capabilities, TRANSFER_CAPABILITIES_LIMIT);
        v("transfer", transfer);
        v("attachment", attachment);
        v("totals", totals);
        v("text", text, TEXT_BYTES_LIMIT);
        v("stored", stored);
        v("follows", follows);
    }
};

/// The first frame of a control stream, too: a transfer that was offered before goes on over
/// this channel. Each time a sender binds a transfer to a channel it counts `attachment` up;
/// only the highest counts, so what an older channel still brings can do no harm.
struct TransferResume {
    static constexpr const char *TYPE = "transfer-resume";
    quint32 version = TRANSFER_VERSION;
    QList<QString> capabilities;
    TransferId transfer;
    quint64 attachment = 0;
    QByteArray list; ///< hash of the manifest, see Manifest::hash()
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("capabilities", capabilities, TRANSFER_CAPABILITIES_LIMIT);
        v("transfer", transfer);
        v("attachment", attachment);
        v("list", list, LIST_HASH_LIMIT);
    }
};

/// Some more entries of the manifest; the last page is the one that completes the totals.
struct TransferManifest {
    static constexpr const char *TYPE = "transfer-manifest";
    QByteArray entries; ///< see manifest_page.h
    QByteArray folderAttributes; ///< of those that are folders
    template<typename V> void fields(V &v)
    {
        v("entries", entries, MANIFEST_PAGE_LIMIT);
        v("folder_attributes", folderAttributes, MANIFEST_PAGE_LIMIT);
    }
};

/// The first frame of a data stream, which the sender opens once accepted. Block frames
/// follow it on the same stream.
struct TransferData {
    static constexpr const char *TYPE = "transfer-data";
    TransferId transfer;
    quint64 attachment = 0; ///< that of the control stream beside it
    template<typename V> void fields(V &v)
    {
        v("transfer", transfer);
        v("attachment", attachment);
    }
};

// --- receiver to sender ------------------------------------------------------------

/// The person wants it, or it goes on. Sending starts at byte `offset` of entry `entry`: all
/// files before are dealt with, `files` of them there and `missing` given up by the sender
/// (all 0 for a fresh start).
struct TransferAccept {
    static constexpr const char *TYPE = "transfer-accept";
    quint32 version = TRANSFER_VERSION;
    QList<QString> capabilities;
    quint32 entry = 0;
    qint64 offset = 0;
    qint64 bytes = 0; ///< verified and written so far
    quint32 files = 0;
    quint32 missing = 0;
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("capabilities", capabilities, TRANSFER_CAPABILITIES_LIMIT);
        v("entry", entry);
        v("offset", offset);
        v("bytes", bytes);
        v("files", files);
        v("missing", missing);
    }
};

/// Before an accept: what the person left out of the list, in pages (transfer/choice.h). All
/// entries are numbered, and all totals counted, without it from the accept on.
struct TransferChoice {
    static constexpr const char *TYPE = "transfer-choice";
    QByteArray leftOut;
    template<typename V> void fields(V &v) { v("left_out", leftOut, CHOICE_PAGE_LIMIT); }
};

/// Answers a resume: nothing is known here of that transfer; it must be offered anew.
struct TransferUnknown {
    static constexpr const char *TYPE = "transfer-unknown";
    template<typename V> void fields(V &) { }
};

enum class DeclineReason {
    Person, ///< someone said no
    Policy, ///< the receiver takes nothing from this sender now
    Space, ///< it does not fit
    Destination, ///< the receiver's folder can't be written
    Busy, ///< too many offers are waiting
    Version, ///< no common transfer version
    COUNT
};

struct TransferDecline {
    static constexpr const char *TYPE = "transfer-decline";
    DeclineReason reason = DeclineReason::Person;
    template<typename V> void fields(V &v) { v("reason", reason); }
};

/// How much is verified and written so far; sent a few times a second at most.
struct TransferProgress {
    static constexpr const char *TYPE = "transfer-progress";
    qint64 bytes = 0;
    quint32 files = 0;
    template<typename V> void fields(V &v)
    {
        v("bytes", bytes);
        v("files", files);
    }
};

/// Everything that came is verified, durable and under its final name. `missing` files did
/// not come because the sender could not read them as offered.
struct TransferDelivered {
    static constexpr const char *TYPE = "transfer-delivered";
    qint64 bytes = 0;
    quint32 files = 0;
    quint32 missing = 0;
    template<typename V> void fields(V &v)
    {
        v("bytes", bytes);
        v("files", files);
        v("missing", missing);
    }
};

// --- both ways ---------------------------------------------------------------------

/// A person on this side wants it no more. Nothing further is said by this side.
struct TransferCancel {
    static constexpr const char *TYPE = "transfer-cancel";
    template<typename V> void fields(V &) { }
};

enum class TransferFailure {
    DiskFull,
    NotWritable, ///< the receiver's disk refused for another reason
    NotReadable, ///< the sender's disk refused
    Corrupt, ///< a block did not match its checksum
    Protocol, ///< the other side broke the rules
    Limit, ///< too many streams or too much memory would be needed
    Internal,
    COUNT
};

/// How the side that says it stands: data flows while neither is paused. After trouble the
/// receiver, once it is cured, takes the pause back and accepts anew.
struct TransferPause {
    static constexpr const char *TYPE = "transfer-pause";
    bool paused = false;
    bool trouble = false; ///< not a person's wish: this side's disk, for `reason`
    TransferFailure reason = TransferFailure::Internal;
    template<typename V> void fields(V &v)
    {
        v("paused", paused);
        v("trouble", trouble);
        v("reason", reason);
    }
};

/// This side can't go on. Nothing further is said by this side.
struct TransferFailed {
    static constexpr const char *TYPE = "transfer-failed";
    TransferFailure reason = TransferFailure::Internal;
    template<typename V> void fields(V &v) { v("reason", reason); }
};

/// What may open a stream.
using TransferOpening = std::variant<TransferOffer, TransferResume, TransferData>;
/// What a receiver hears on the control stream after the offer.
using FromSender = std::variant<TransferManifest, TransferPause, TransferCancel, TransferFailed>;
/// What a sender hears on the control stream.
using FromReceiver =
    std::variant<TransferChoice, TransferAccept, TransferUnknown, TransferDecline, TransferProgress,
                 TransferDelivered, TransferPause, TransferCancel, TransferFailed>;

} // namespace postern::wire
