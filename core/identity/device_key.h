#pragma once
// The identity of one installation: an ECDSA P-256 key. The device's id is the SHA-256 of
// its public key, so whoever pins the id pins the key. The self-signed certificate only
// carries the key into TLS and QUIC; nothing in it but the key is ever believed.
//
// Copies share one key, which is wiped when the last copy goes. Calls are const and free of
// shared mutable state: any thread. Source: RFC 5480 (P-256 in X.509), RFC 5958 (PKCS #8).

#include "core/base/ids.h"
#include "core/base/result.h"

#include <QByteArray>

#include <memory>

namespace postern {

class DeviceKey {
public:
    static Result<DeviceKey> generate();

    /// Unencrypted PKCS #8, DER. Fails with Corrupt for anything but a whole P-256 key.
    static Result<DeviceKey> fromPkcs8(const QByteArray &der);

    /// The private key, for the secret store and a TLS library; wipe() it after use.
    QByteArray pkcs8() const;

    /// SubjectPublicKeyInfo, DER.
    QByteArray publicKey() const;
    DeviceId id() const;

    /// ECDSA with SHA-256 over the payload, DER.
    Result<QByteArray> sign(const QByteArray &payload) const;

    /// Self-signed X.509, DER, CN "postern device"; made once per loaded key.
    QByteArray certificate() const;

private:
    struct Material;
    explicit DeviceKey(std::shared_ptr<const Material> material);

    std::shared_ptr<const Material> m_material;
};

/// The id of a SubjectPublicKeyInfo. Fails with Protocol unless it is a P-256 key in its one
/// DER form, so that a key can't be shown under two ids.
Result<DeviceId> deviceIdOfPublicKey(const QByteArray &subjectPublicKeyInfo);

/// The id of the key in an X.509 certificate (DER); same rules. Neither the certificate's
/// signature nor its dates are looked at: TLS proves that the peer owns the key.
Result<DeviceId> deviceIdOfCertificate(const QByteArray &certificate);

/// Whether `signature` (DER) is the key's over the payload with SHA-256.
bool verifySignature(const QByteArray &subjectPublicKeyInfo, const QByteArray &payload,
                     const QByteArray &signature);

/// Overwrites the bytes so that the compiler can't drop it, then empties the array. Bytes that
/// another QByteArray still shares stay as they are.
void wipe(QByteArray &secret);

} // namespace postern
