#include "app/cli/transfer_story.h"

namespace postern::cli {

namespace {

bool samePath(const std::optional<PathInfo> &a, const PathInfo &b)
{
    return a && a->kind == b.kind && a->strategy == b.strategy && a->local == b.local
        && a->remote == b.remote;
}

/// Data flows, or has flowed to the end: somebody must have agreed.
bool impliesAccepted(TransferState state)
{
    return state == TransferState::Transferring || state == TransferState::Stalled
        || state == TransferState::Resuming || state == TransferState::Verifying
        || state == TransferState::Delivered;
}

} // namespace

QList<TransferStep> TransferStory::update(const TransferInfo &transfer)
{
    QList<TransferStep> steps;
    if (m_ended)
        return steps;
    const bool accepted = impliesAccepted(transfer.state);
    const bool offered = accepted || transfer.state == TransferState::Offered
        || transfer.state == TransferState::Declined;
    if (offered && !std::exchange(m_offered, true))
        steps << TransferStep::Offered;
    if (accepted && !std::exchange(m_accepted, true))
        steps << TransferStep::Accepted;
    if (m_accepted && transfer.path && !samePath(m_path, *transfer.path)) {
        m_path = transfer.path;
        steps << TransferStep::Path;
    }
    if (transfer.finished()) {
        m_ended = true;
        steps << (transfer.state == TransferState::Delivered ? TransferStep::Done
                                                             : TransferStep::Failed);
    } else if (accepted) {
        steps << TransferStep::Progress;
    }
    return steps;
}

} // namespace postern::cli
