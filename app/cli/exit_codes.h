#pragma once
// The numbers postern-cli ends with. Scripts rely on them; they change only with a note in
// the changelog. Values; any thread.

#include "core/engine_types.h"

namespace postern::cli {

enum class ExitCode {
    Done = 0, ///< done and verified
    Usage = 2, ///< the command line itself, or a name that is no contact
    SignInRefused = 3,
    PeerOffline = 4,
    Declined = 5, ///< also: cancelled by the other side
    NoPath = 6,
    Failed = 7, ///< may be tried again as it is; also: the server can't be reached
    LocalFile = 8, ///< a file, folder, disk or secret store of this computer
    Interrupted = 130, ///< Ctrl+C: 128 + SIGINT, as shells count
};

/// What was going on when an error came: the same error may lie here or on the other side.
enum class Stage { Session, Sending, Receiving };

ExitCode exitCodeFor(ErrorCode error, Stage stage);

/// For a transfer that is finished().
ExitCode exitCodeFor(const TransferInfo &transfer);

} // namespace postern::cli
