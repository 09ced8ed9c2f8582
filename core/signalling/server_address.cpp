#include "core/signalling/server_address.h"

#include "core/base/endpoint.h"

#include <QCoreApplication>
#include <QUrl>

#include <algorithm>

namespace postern {

namespace {

constexpr qsizetype SHA256_HEX_DIGITS = 64;
constexpr qsizetype LONGEST_HOST = 253; // RFC 1035, section 2.3.4

Error unusable(const QString &sentence) { return {ErrorCode::InvalidArgument, sentence}; }

Result<QByteArray> parseFingerprint(const QString &text)
{
    static const QString LABEL = QStringLiteral("sha256:");
    const QString hex = text.mid(LABEL.size());
    const bool digits = std::all_of(hex.begin(), hex.end(), [](QChar c) {
        const QChar lower = c.toLower();
        return (c >= u'0' && c <= u'9') || (lower >= u'a' && lower <= u'f');
    });
    if (!text.startsWith(LABEL, Qt::CaseInsensitive) || hex.size() != SHA256_HEX_DIGITS || !digits)
        return unusable(QCoreApplication::translate(
            "Signalling",
            "The server's fingerprint is incomplete: after “#” it must read "
            "“sha256:” and 64 digits, as the server printed it."));
    return QByteArray::fromHex(hex.toLatin1());
}

/// Lower-case ASCII (international names in their ACE form), or empty if it is no host.
QString canonicalHost(const QString &host)
{
    if (auto numeric = IpAddress::parse(host))
        return numeric->toString();
    if (host.contains(QLatin1Char(':')))
        return {};
    const QByteArray ace = QUrl::toAce(host);
    const bool plain = std::all_of(ace.begin(), ace.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    });
    return plain && ace.size() <= LONGEST_HOST ? QString::fromLatin1(ace) : QString();
}

struct HostAndPort {
    QString host;
    QString port; ///< null: none given
};

/// Takes the text apart at the colon that separates host and port, if there is one.
HostAndPort split(const QString &text)
{
    if (text.startsWith(QLatin1Char('['))) {
        const auto bracket = text.indexOf(QLatin1Char(']'));
        if (bracket < 0)
            return {};
        const QString rest = text.mid(bracket + 1);
        if (!rest.isEmpty() && !rest.startsWith(QLatin1Char(':')))
            return {};
        return {text.mid(1, bracket - 1), rest.isEmpty() ? QString() : rest.mid(1)};
    }
    if (text.count(QLatin1Char(':')) != 1) // a name, or a bare IPv6 address
        return {text, {}};
    const auto colon = text.indexOf(QLatin1Char(':'));
    return {text.left(colon), text.mid(colon + 1)};
}

} // namespace

Result<ServerAddress> ServerAddress::parse(const QString &text)
{
    ServerAddress address;
    QString rest = text.trimmed();
    if (const auto hash = rest.indexOf(QLatin1Char('#')); hash >= 0) {
        auto fingerprint = parseFingerprint(rest.mid(hash + 1));
        if (!fingerprint)
            return fingerprint.error();
        address.certificateSha256 = *fingerprint;
        rest.truncate(hash);
    }
    const HostAndPort parts = split(rest);
    address.host = canonicalHost(parts.host);
    if (address.host.isEmpty())
        return unusable(
            QCoreApplication::translate(
                "Signalling", "“%1” is not a server's address: write it as HOST or HOST:PORT.")
                .arg(text.left(100)));
    if (parts.port.isNull())
        return address;
    bool numeric = false;
    const uint port = parts.port.toUInt(&numeric);
    if (!numeric || port == 0 || port > 65535)
        return unusable(QCoreApplication::translate(
                            "Signalling", "“%1” is not a port: it is a number from 1 to 65535.")
                            .arg(parts.port.left(20)));
    address.port = static_cast<quint16>(port);
    return address;
}

QString ServerAddress::hostAndPort() const
{
    return (host.contains(QLatin1Char(':')) ? QStringLiteral("[%1]:%2") : QStringLiteral("%1:%2"))
        .arg(host)
        .arg(port);
}

QString ServerAddress::toString() const
{
    return certificateSha256.isEmpty() ? hostAndPort()
                                       : hostAndPort() + QStringLiteral("#sha256:")
            + QString::fromLatin1(certificateSha256.toHex());
}

} // namespace postern
