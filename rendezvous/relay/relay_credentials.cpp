#include "rendezvous/relay/relay_credentials.h"

#include <QCryptographicHash>
#include <QMessageAuthenticationCode>

namespace postern::rendezvous {

namespace {

constexpr qsizetype PSEUDONYM_BYTES = 8;

QByteArray hmac(QCryptographicHash::Algorithm hash, const QByteArray &secret,
                const QByteArray &message)
{
    return QMessageAuthenticationCode::hash(message, secret, hash);
}

} // namespace

void RelayCredentials::grant(wire::RelayAccess &access, AccountId account, qint64 now) const
{
    const QByteArray holder =
        hmac(QCryptographicHash::Sha256, m_secret, "account " + QByteArray::number(account.value))
            .left(PSEUDONYM_BYTES)
            .toHex();
    const QByteArray name = QByteArray::number(now + qint64{LIFETIME.count()}) + ':' + holder;
    access.username = QString::fromLatin1(name);
    access.password = QString::fromLatin1(passwordOf(name));
    access.lifetimeSeconds = static_cast<quint32>(LIFETIME.count());
}

QByteArray RelayCredentials::passwordOf(const QByteArray &username) const
{
    return hmac(QCryptographicHash::Sha1, m_secret, username).toBase64();
}

std::optional<QByteArray> RelayCredentials::holderOf(const QByteArray &username, qint64 now)
{
    const qsizetype colon = username.indexOf(':');
    bool isNumber = false;
    const qint64 expiry = username.left(colon).toLongLong(&isNumber);
    if (colon <= 0 || !isNumber || expiry <= now)
        return std::nullopt;
    return username.mid(colon + 1);
}

} // namespace postern::rendezvous
