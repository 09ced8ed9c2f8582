#include "rendezvous/accounts/password_hash.h"

#include <sodium.h>

#include <array>

namespace postern::rendezvous {

namespace {

// libsodium's "interactive" level: 2 passes over 64 MiB, above the 19 MiB that OWASP asks for.
constexpr auto PASSES = crypto_pwhash_OPSLIMIT_INTERACTIVE;
constexpr auto MEMORY_BYTES = crypto_pwhash_MEMLIMIT_INTERACTIVE;

/// Equal characters typed on different keyboards must be equal bytes.
QByteArray bytesOf(const QString &password)
{
    return password.normalized(QString::NormalizationForm_C).toUtf8();
}

} // namespace

Result<void> startPasswordHashing()
{
    if (sodium_init() < 0)
        return Error{ErrorCode::Internal, QStringLiteral("libsodium could not be started.")};
    return {};
}

Result<QString> hashPassword(const QString &password)
{
    QByteArray bytes = bytesOf(password);
    std::array<char, crypto_pwhash_STRBYTES> out{};
    const int failed = crypto_pwhash_str_alg(out.data(), bytes.constData(),
                                             static_cast<unsigned long long>(bytes.size()), PASSES,
                                             MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13);
    sodium_memzero(bytes.data(), static_cast<std::size_t>(bytes.size()));
    if (failed != 0)
        return Error{ErrorCode::Internal,
                     QStringLiteral("There is too little memory to hash a password.")};
    return QString::fromLatin1(out.data());
}

bool passwordMatches(const QString &password, const QString &stored)
{
    static const QString nobody = [] {
        auto hash = hashPassword(QStringLiteral("nobody's password"));
        return hash ? *hash : QString();
    }();
    QByteArray reference = (stored.isEmpty() ? nobody : stored).toLatin1();
    reference.append(
        QByteArray(crypto_pwhash_STRBYTES, '\0')); // the size that libsodium's interface names
    QByteArray bytes = bytesOf(password);
    const bool matches = crypto_pwhash_str_verify(reference.constData(), bytes.constData(),
                                                  static_cast<unsigned long long>(bytes.size()))
        == 0;
    sodium_memzero(bytes.data(), static_cast<std::size_t>(bytes.size()));
    return matches && !stored.isEmpty();
}

} // namespace postern::rendezvous
