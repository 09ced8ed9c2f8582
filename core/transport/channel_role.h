#pragma once

namespace postern {

/// Who began the connection: the TLS and QUIC client, or the server. Peers are equals above.
enum class ChannelRole { Initiator, Responder };

} // namespace postern
