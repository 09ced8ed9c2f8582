#pragma once
// Turns the snapshots of one transfer into the steps people and scripts are told of, each
// once and in the order of the contract, whatever the engine passes through or leaves out.
// Pure; any thread.

#include "core/engine_types.h"

namespace postern::cli {

enum class TransferStep {
    Offered, ///< the other side, or we, can see what is coming
    Accepted,
    Path, ///< again when the transfer moves to another one
    Progress,
    Done,
    Failed,
};

///   (nothing told) -> Offered -> Accepted -> Path, Progress ... -> Done
///         |              |           |               |
///         +--------------+-----------+---------------+--------> Failed
class TransferStory {
public:
    /// What is new with this snapshot. After Done or Failed nothing is.
    QList<TransferStep> update(const TransferInfo &transfer);

    bool ended() const { return m_ended; }

private:
    bool m_offered = false;
    bool m_accepted = false;
    bool m_ended = false;
    std::optional<PathInfo> m_path;
};

} // namespace postern::cli
