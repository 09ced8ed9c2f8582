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

void TransferStory::tellWaiting(const TransferInfo &transfer, QList<TransferStep> &steps)
{
    const bool waiting = transfer.state == TransferState::WaitingForContact;
    if (waiting && !m_waiting)
        steps << TransferStep::Waiting;
    m_waiting = waiting;
    const int place = transfer.state == TransferState::Queued ? transfer.place : -1;
    if (place >= 0 && place != m_place)
        steps << TransferStep::Queued;
    m_place = place;
}

void TransferStory::tellPause(const TransferInfo &transfer, QList<TransferStep> &steps)
{
    const bool paused = transfer.state == TransferState::Paused;
    // Whoever the engine does not name: it is paused all the same.
    const auto by = !paused                     ? PausedBy::Nobody
        : transfer.pausedBy == PausedBy::Nobody ? PausedBy::Us
                                                : transfer.pausedBy;
    const auto trouble = paused && transfer.problem ? transfer.problem->message : QString();
    if (paused && (by != m_pausedBy || trouble != m_trouble))
        steps << TransferStep::Paused;
    else if (!paused && m_pausedBy != PausedBy::Nobody && !transfer.finished())
        steps << TransferStep::Resumed;
    m_pausedBy = by;
    m_trouble = trouble;
}

QList<TransferStep> TransferStory::update(const TransferInfo &transfer)
{
    QList<TransferStep> steps;
    if (m_ended)
        return steps;
    tellWaiting(transfer, steps);
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
    if (m_accepted && transfer.firstByteMs >= 0 && !std::exchange(m_flowed, true))
        steps << TransferStep::FirstByte;
    tellPause(transfer, steps);
    if (transfer.finished()) {
        m_ended = true;
        const bool delivered = transfer.state == TransferState::Delivered;
        if (delivered && transfer.direction == Direction::Receiving && !transfer.text.isEmpty())
            steps << TransferStep::Text;
        steps << (delivered ? TransferStep::Done : TransferStep::Failed);
    } else if (accepted) {
        steps << TransferStep::Progress;
    }
    return steps;
}

} // namespace postern::cli
