#include "core/transport/peer_channel.h"

namespace postern {

QString pathKindName(PathKind kind)
{
    switch (kind) {
    case PathKind::Lan: return QStringLiteral("lan");
    case PathKind::Tcp: return QStringLiteral("tcp");
    case PathKind::Udp: return QStringLiteral("udp");
    case PathKind::Relay: return QStringLiteral("relay");
    }
    return QStringLiteral("udp");
}

} // namespace postern
