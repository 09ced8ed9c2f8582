#include "core/peer/refusal_text.h"

#include <QCoreApplication>

namespace postern {

Error refusalError(const peer::ConnectRefusal &refusal)
{
    switch (refusal.reason) {
    case peer::RefusalReason::NotTrusted:
        return {ErrorCode::PeerKeyMismatch,
                QCoreApplication::translate(
                    "Peer",
                    "The other side does not accept this device's key. Ask them to verify it.")};
    case peer::RefusalReason::Incompatible:
        return {ErrorCode::Incompatible,
                QCoreApplication::translate(
                    "Peer",
                    "The other side speaks version %1 of the protocol, this program version %2. "
                    "Update the older one.")
                    .arg(refusal.version)
                    .arg(peer::PEER_VERSION)};
    case peer::RefusalReason::NotReceiving:
        return {ErrorCode::PeerOffline,
                QCoreApplication::translate(
                    "Peer", "The other side is not receiving files now. Try again later.")};
    case peer::RefusalReason::NoRelay:
        return {ErrorCode::NoPath,
                QCoreApplication::translate(
                    "Peer", "The other side's server has no relay. Let Postern choose the path.")};
    case peer::RefusalReason::Busy:
    case peer::RefusalReason::COUNT: break;
    }
    return {ErrorCode::LimitExceeded,
            QCoreApplication::translate(
                "Peer", "The other side is busy with other connections. Try again in a moment.")};
}

} // namespace postern
