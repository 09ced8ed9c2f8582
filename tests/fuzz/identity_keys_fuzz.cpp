// Keys and certificates as a peer, a server or a damaged disk gives them. One key has one id,
// whichever way it comes.

#include "core/identity/device_key.h"

#include <QCryptographicHash>

#include <cstdlib>

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray bytes(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size));
    const auto ofKey = deviceIdOfPublicKey(bytes);
    if (ofKey
        && ofKey->toByteArray() != QCryptographicHash::hash(bytes, QCryptographicHash::Sha256))
        std::abort();
    (void)deviceIdOfCertificate(bytes);
    (void)verifySignature(bytes.left(91), "payload", bytes.mid(91));
    const auto key = DeviceKey::fromPkcs8(bytes);
    if (key && deviceIdOfCertificate(key->certificate()).value() != key->id())
        std::abort();
    return 0;
}
