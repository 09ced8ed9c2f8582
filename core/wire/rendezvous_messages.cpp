#include "core/wire/rendezvous_messages.h"

namespace postern::wire {

QByteArray signInPayload(const QByteArray &challenge, const QByteArray &serverCertificateSha256,
                         const QString &user)
{
    return QByteArrayLiteral("postern sign-in v1\n") + challenge.toHex() + '\n'
        + serverCertificateSha256.toHex() + '\n' + user.toUtf8();
}

} // namespace postern::wire
