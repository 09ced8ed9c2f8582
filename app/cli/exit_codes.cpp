#include "app/cli/exit_codes.h"

namespace postern::cli {

namespace {

/// A sender reads and a receiver writes: the other kind of file error is the other side's,
/// and may be gone at the next try.
ExitCode forFile(bool reading, Stage stage)
{
    const auto remote = reading ? Stage::Receiving : Stage::Sending;
    return stage == remote ? ExitCode::Failed : ExitCode::LocalFile;
}

} // namespace

ExitCode exitCodeFor(ErrorCode error, Stage stage)
{
    switch (error) {
    case ErrorCode::InvalidArgument:
    case ErrorCode::NotFound: return ExitCode::Usage;
    case ErrorCode::NotAllowed:
        return stage == Stage::Session ? ExitCode::SignInRefused : ExitCode::Declined;
    case ErrorCode::SignInRefused:
    case ErrorCode::ServerKeyChanged: return ExitCode::SignInRefused;
    case ErrorCode::Incompatible:
        return stage == Stage::Session ? ExitCode::SignInRefused : ExitCode::Failed;
    case ErrorCode::PeerOffline: return ExitCode::PeerOffline;
    case ErrorCode::Cancelled:
    case ErrorCode::Declined: return ExitCode::Declined;
    case ErrorCode::NoPath: return ExitCode::NoPath;
    case ErrorCode::FileNotFound:
    case ErrorCode::FileNotReadable:
    case ErrorCode::FileChanged: return forFile(true, stage);
    case ErrorCode::FileExists:
    case ErrorCode::FileNotWritable:
    case ErrorCode::DiskFull: return forFile(false, stage);
    case ErrorCode::SecretsUnavailable:
    case ErrorCode::SecretsLocked: return ExitCode::LocalFile;
    case ErrorCode::Protocol:
    case ErrorCode::LimitExceeded:
    case ErrorCode::Timeout:
    case ErrorCode::Unavailable:
    case ErrorCode::PeerKeyMismatch:
    case ErrorCode::Disconnected:
    case ErrorCode::Corrupt:
    case ErrorCode::Internal: return ExitCode::Failed;
    }
    return ExitCode::Failed;
}

ExitCode exitCodeFor(const TransferInfo &transfer)
{
    const auto stage = transfer.direction == Direction::Sending ? Stage::Sending : Stage::Receiving;
    if (transfer.state == TransferState::Delivered)
        return ExitCode::Done;
    // Declined for a full disk of ours is told as the disk's matter, not as somebody's no.
    if (transfer.problem)
        return exitCodeFor(transfer.problem->code, stage);
    return transfer.state == TransferState::Failed ? ExitCode::Failed : ExitCode::Declined;
}

} // namespace postern::cli
