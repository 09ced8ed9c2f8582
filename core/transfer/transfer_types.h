#pragma once
// What a transfer tells of itself. Values; any thread.

#include "core/base/clock.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QString>
#include <QStringList>

#include <optional>

namespace postern {

enum class TransferStage {
    Waiting, ///< sending: not started; receiving: the list of names is still coming
    Offered, ///< the receiving person has not answered
    Preparing, ///< receiving: accepted, the folder is being made ready
    Transferring,
    Verifying, ///< all was sent; the receiver makes it durable
    Delivered,
    Declined,
    Cancelled,
    Failed,
};

inline bool isFinal(TransferStage stage) { return stage >= TransferStage::Delivered; }

/// A person should be told that nothing moves after this long.
inline constexpr Duration STALLED_AFTER = 5s;

struct TransferSnapshot {
    TransferId id;
    TransferStage stage = TransferStage::Waiting;
    QString title; ///< the first top-level name
    qint64 files = 0; ///< in all
    qint64 folders = 0;
    qint64 totalBytes = 0;
    qint64 bytes = 0; ///< verified and written by the receiver, on both sides
    qint64 filesDone = 0;
    qint64 relayedBytes = 0; ///< of the data streams, that went by relay in this life
    double rate = 0; ///< bytes a second over the last seconds
    qint64 secondsLeft = -1; ///< -1: not known
    qint64 elapsedMs = 0; ///< since data could flow, until the end
    /// Receiving: from our yes to the first content that came. Sending: from the wish to send to
    /// the first that left. In this life; -1: none yet.
    qint64 firstByteMs = -1;
    /// Under way, but nothing has moved for STALLED_AFTER, or there is no channel.
    bool stalled = false; ///< never while it is paused
    bool resuming = false; ///< on a new channel, finding out where to go on
    bool pausedHere = false;
    bool pausedThere = false;
    /// A disk stands in the way, on either side; it goes on by itself once that is cured.
    std::optional<Error> trouble;
    QString text; ///< a text or link, and no files
    std::optional<Error> problem; ///< why Declined, Cancelled or Failed
    QStringList notes; ///< renamed, left out, made safe: sentences
    QString location; ///< receiving: where the first item landed

    bool isPaused() const { return pausedHere || pausedThere || trouble; }
};

class TransferObserver {
public:
    virtual ~TransferObserver() = default;
    /// The stage or the progress changed; ask for a snapshot(). Comes on the engine thread,
    /// possibly from within a call to the transfer: don't destroy the transfer in it.
    virtual void transferChanged(const TransferId &id) = 0;
};

} // namespace postern
