#pragma once
// Why a channel was closed, as a number both sides understand: the error code of QUIC's
// CONNECTION_CLOSE (RFC 9000 section 19.19) and of the TLS channel's close frame. Only the
// number travels; each side says it in its own person's language. Values, any thread.

#include "core/base/result.h"

#include <cstdint>

namespace postern {

/// Stable on the wire. Codes without a number of their own travel as 0, Disconnected.
std::uint32_t closeCodeOf(ErrorCode code);

/// What the peer's number means here, with a sentence. Unknown numbers: Disconnected.
Error errorOfCloseCode(std::uint64_t number);

/// The sentences that both kinds of channel share.
namespace channel_error {
Error wrongKey(); ///< the peer's key is not the pinned one
Error ownKeyRefused(); ///< the peer does not take ours
Error handshakeTimeout();
Error silent(); ///< nothing was heard for too long
Error lost(); ///< the network or the other system ended it
Error notOurProtocol(); ///< the bytes are not what a peer of ours sends
Error internal();
} // namespace channel_error

} // namespace postern
