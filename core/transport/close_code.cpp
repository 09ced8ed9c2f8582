#include "core/transport/close_code.h"

#include <QCoreApplication>

#include <algorithm>
#include <array>

namespace postern {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Transport", text); }

/// The index is the number on the wire; append only.
constexpr std::array CODES{
    ErrorCode::Disconnected,  ErrorCode::Protocol,  ErrorCode::Incompatible,
    ErrorCode::LimitExceeded, ErrorCode::Timeout,   ErrorCode::NotAllowed,
    ErrorCode::Declined,      ErrorCode::Cancelled, ErrorCode::Internal,
};

} // namespace

std::uint32_t closeCodeOf(ErrorCode code)
{
    const auto found = std::find(CODES.begin(), CODES.end(), code);
    return found == CODES.end() ? 0 : static_cast<std::uint32_t>(found - CODES.begin());
}

Error errorOfCloseCode(std::uint64_t number)
{
    const ErrorCode code = number < CODES.size() ? CODES[number] : ErrorCode::Disconnected;
    switch (code) {
    case ErrorCode::Protocol:
        return {code, tr("The other device did not understand ours: update Postern on both.")};
    case ErrorCode::Incompatible:
        return {code, tr("The two devices run versions of Postern that do not fit: update both.")};
    case ErrorCode::LimitExceeded:
        return {code, tr("The other device refused: too much was asked of it at once.")};
    case ErrorCode::NotAllowed: return {code, tr("The other device does not allow this.")};
    case ErrorCode::Declined: return {code, tr("The other side declined.")};
    case ErrorCode::Cancelled: return {code, tr("The other side cancelled.")};
    case ErrorCode::Timeout: return {code, tr("The other device heard nothing from ours.")};
    case ErrorCode::Internal:
        return {code, tr("The other device had a problem of its own: try again.")};
    default: return {ErrorCode::Disconnected, tr("The other device closed the connection.")};
    }
}

namespace channel_error {

Error wrongKey()
{
    return {ErrorCode::PeerKeyMismatch,
            tr("The other device does not have the key that is known for it: compare safety "
               "numbers with your contact before trusting it.")};
}

Error ownKeyRefused()
{
    return {ErrorCode::PeerKeyMismatch,
            tr("The other device does not know this device's key: ask your contact to check "
               "your devices.")};
}

Error handshakeTimeout()
{
    return {ErrorCode::Timeout, tr("The other device did not answer in time: try again.")};
}

Error silent()
{
    return {ErrorCode::Disconnected,
            tr("The connection went silent: it goes on when both are online again.")};
}

Error lost()
{
    return {ErrorCode::Disconnected,
            tr("The connection was lost: it goes on when both are online again.")};
}

Error notOurProtocol()
{
    return {ErrorCode::Protocol, tr("What answered is not a Postern of a version that fits.")};
}

Error internal()
{
    return {ErrorCode::Internal, tr("The connection could not be secured: try again.")};
}

} // namespace channel_error
} // namespace postern
