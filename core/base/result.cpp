#include "core/base/result.h"

namespace postern {

QString errorName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::Cancelled: return QStringLiteral("cancelled");
    case ErrorCode::InvalidArgument: return QStringLiteral("invalid-argument");
    case ErrorCode::Protocol: return QStringLiteral("protocol");
    case ErrorCode::Incompatible: return QStringLiteral("incompatible");
    case ErrorCode::LimitExceeded: return QStringLiteral("limit-exceeded");
    case ErrorCode::Timeout: return QStringLiteral("timeout");
    case ErrorCode::Unavailable: return QStringLiteral("unavailable");
    case ErrorCode::SignInRefused: return QStringLiteral("sign-in-refused");
    case ErrorCode::ServerKeyChanged: return QStringLiteral("server-key-changed");
    case ErrorCode::NotFound: return QStringLiteral("not-found");
    case ErrorCode::NotAllowed: return QStringLiteral("not-allowed");
    case ErrorCode::PeerOffline: return QStringLiteral("peer-offline");
    case ErrorCode::PeerKeyMismatch: return QStringLiteral("peer-key-mismatch");
    case ErrorCode::Declined: return QStringLiteral("declined");
    case ErrorCode::NoPath: return QStringLiteral("no-path");
    case ErrorCode::Disconnected: return QStringLiteral("disconnected");
    case ErrorCode::SecretsUnavailable: return QStringLiteral("secrets-unavailable");
    case ErrorCode::SecretsLocked: return QStringLiteral("secrets-locked");
    case ErrorCode::FileNotFound: return QStringLiteral("file-not-found");
    case ErrorCode::FileNotReadable: return QStringLiteral("file-not-readable");
    case ErrorCode::FileNotWritable: return QStringLiteral("file-not-writable");
    case ErrorCode::FileExists: return QStringLiteral("file-exists");
    case ErrorCode::FileChanged: return QStringLiteral("file-changed");
    case ErrorCode::DiskFull: return QStringLiteral("disk-full");
    case ErrorCode::Corrupt: return QStringLiteral("corrupt");
    case ErrorCode::Internal: return QStringLiteral("internal");
    }
    return QStringLiteral("internal");
}

} // namespace postern
