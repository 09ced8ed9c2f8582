#pragma once
// Turns the snapshots of one transfer into the steps people and scripts are told of, each
// once and in the order of the contract, whatever the engine passes through or leaves out.
// Pure; any thread.

#include "core/engine_types.h"

namespace postern::cli {

enum class TransferStep {
    Waiting, ///< the contact is offline
    Queued, ///< others to the same contact go first; again when its place changes
    Offered, ///< the other side, or we, can see what is coming
    Accepted,
    Path, ///< again when the transfer moves to another one
    FirstByte, ///< of content, that came or left; only where there is any
    Progress,
    Paused, ///< again when somebody else, or something else, holds it
    Resumed,
    Text, ///< a text has come
    Done,
    Failed,
};

///   (nothing told) -> Waiting, Queued ... -> Offered -> Accepted -> Path, Progress ... -> Done
///         |                  |                 |           |               |        (Text first)
///         +------------------+-----------------+-----------+---------------+------> Failed
/// FirstByte comes once among Path and Progress. Paused and, after it, Resumed come anywhere before
/// the end.
class TransferStory {
public:
    /// What is new with this snapshot. After Done or Failed nothing is.
    QList<TransferStep> update(const TransferInfo &transfer);

    bool ended() const { return m_ended; }

private:
    void tellWaiting(const TransferInfo &transfer, QList<TransferStep> &steps);
    void tellPause(const TransferInfo &transfer, QList<TransferStep> &steps);

    bool m_waiting = false;
    int m_place = -1;
    bool m_offered = false;
    bool m_accepted = false;
    bool m_flowed = false;
    bool m_ended = false;
    PausedBy m_pausedBy = PausedBy::Nobody;
    QString m_trouble;
    std::optional<PathInfo> m_path;
};

} // namespace postern::cli
