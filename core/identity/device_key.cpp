#include "core/identity/device_key.h"

#include "core/base/random.h"

#include <QCoreApplication>
#include <QCryptographicHash>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include <ctime>

namespace postern {

namespace {

template<auto DEINIT> struct Deinit {
    template<typename T> void operator()(T *handle) const { DEINIT(handle); }
};
template<typename Handle, auto DEINIT>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Deinit<DEINIT>>;

using PrivateKey = Owned<gnutls_privkey_t, gnutls_privkey_deinit>;
using PublicKey = Owned<gnutls_pubkey_t, gnutls_pubkey_deinit>;
using X509Key = Owned<gnutls_x509_privkey_t, gnutls_x509_privkey_deinit>;
using Certificate = Owned<gnutls_x509_crt_t, gnutls_x509_crt_deinit>;

template<typename T, auto INIT> T made()
{
    typename T::pointer handle = nullptr;
    return INIT(&handle) == GNUTLS_E_SUCCESS ? T(handle) : T();
}
PrivateKey newPrivateKey() { return made<PrivateKey, gnutls_privkey_init>(); }
PublicKey newPublicKey() { return made<PublicKey, gnutls_pubkey_init>(); }
Certificate newCertificate() { return made<Certificate, gnutls_x509_crt_init>(); }

/// Memory that GnuTLS allocated; wiped before it is freed, secret or not.
class Datum {
public:
    Datum() = default;
    Datum(const Datum &) = delete;
    Datum &operator=(const Datum &) = delete;
    ~Datum()
    {
        if (m_datum.data)
            gnutls_memset(m_datum.data, 0, m_datum.size);
        gnutls_free(m_datum.data);
    }

    gnutls_datum_t *out() { return &m_datum; }
    QByteArray bytes() const
    {
        return QByteArray(reinterpret_cast<const char *>(m_datum.data),
                          static_cast<qsizetype>(m_datum.size));
    }

private:
    gnutls_datum_t m_datum{nullptr, 0};
};

gnutls_datum_t borrowed(const QByteArray &bytes)
{
    // GnuTLS takes inputs by non-const pointer and does not write to them.
    auto *data = reinterpret_cast<unsigned char *>(const_cast<char *>(bytes.constData()));
    return {data, static_cast<unsigned>(bytes.size())};
}

Error damagedKey()
{
    return {ErrorCode::Corrupt,
            QCoreApplication::translate("Identity",
                                        "This device's key is damaged: sign in again with the "
                                        "password to make a new one.")};
}

Error cryptoFailed(int status)
{
    return {ErrorCode::Internal,
            QCoreApplication::translate("Identity",
                                        "The encryption library failed (%1): restart Postern.")
                .arg(QString::fromUtf8(gnutls_strerror(status)))};
}

Error foreignKey()
{
    return {ErrorCode::Protocol,
            QCoreApplication::translate("Identity", "The other side's key is not a P-256 key.")};
}

DeviceId idOf(const QByteArray &subjectPublicKeyInfo)
{
    const QByteArray hash =
        QCryptographicHash::hash(subjectPublicKeyInfo, QCryptographicHash::Sha256);
    return DeviceId::fromBytes(viewOf(hash)).value();
}

/// The one DER form of the key, or nothing unless it is a point on P-256.
QByteArray canonicalForm(const PublicKey &key)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
    Datum x;
    Datum y;
    if (gnutls_pubkey_export_ecc_raw(key.get(), &curve, x.out(), y.out()) < 0
        || curve != GNUTLS_ECC_CURVE_SECP256R1 || gnutls_pubkey_verify_params(key.get()) < 0)
        return {};
    Datum der;
    return gnutls_pubkey_export2(key.get(), GNUTLS_X509_FMT_DER, der.out()) < 0 ? QByteArray()
                                                                                : der.bytes();
}

QByteArray pkcs8Of(const PrivateKey &key)
{
    gnutls_x509_privkey_t handle = nullptr;
    if (gnutls_privkey_export_x509(key.get(), &handle) < 0)
        return {};
    const X509Key exportable(handle);
    Datum der;
    if (gnutls_x509_privkey_export2_pkcs8(exportable.get(), GNUTLS_X509_FMT_DER, nullptr,
                                          GNUTLS_PKCS_PLAIN, der.out())
        < 0)
        return {};
    return der.bytes();
}

/// Dates that no wrong clock falls outside of: the key is pinned, not its certificate.
constexpr std::time_t VALID_FROM = 946'684'800; // 2000-01-01
constexpr std::time_t VALID_UNTIL = 4'102'444'800; // 2100-01-01

Result<QByteArray> selfSigned(const PrivateKey &key, const PublicKey &publicKey)
{
    static constexpr char NAME[] = "postern device";
    const Certificate certificate = newCertificate();
    if (!certificate)
        return cryptoFailed(GNUTLS_E_MEMORY_ERROR);
    QByteArray serial = randomBytes(16);
    serial[0] = static_cast<char>((serial[0] & 0x3f) | 0x40); // positive, fixed length (RFC 5280)

    gnutls_x509_crt_t crt = certificate.get();
    const auto steps = {
        gnutls_x509_crt_set_version(crt, 3),
        gnutls_x509_crt_set_serial(crt, serial.constData(), static_cast<size_t>(serial.size())),
        gnutls_x509_crt_set_activation_time(crt, VALID_FROM),
        gnutls_x509_crt_set_expiration_time(crt, VALID_UNTIL),
        gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, NAME, sizeof NAME - 1),
        gnutls_x509_crt_set_pubkey(crt, publicKey.get()),
        gnutls_x509_crt_privkey_sign(crt, crt, key.get(), GNUTLS_DIG_SHA256, 0),
    };
    for (const int status : steps) {
        if (status < 0)
            return cryptoFailed(status);
    }
    Datum der;
    if (const int status = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, der.out()); status < 0)
        return cryptoFailed(status);
    return der.bytes();
}

} // namespace

struct DeviceKey::Material {
    PrivateKey key; // GnuTLS wipes its numbers when it frees them
    QByteArray publicKey;
    DeviceId id;
    QByteArray certificate;

    static Result<std::shared_ptr<const Material>> of(PrivateKey key);
};

Result<std::shared_ptr<const DeviceKey::Material>> DeviceKey::Material::of(PrivateKey key)
{
    const PublicKey publicKey = newPublicKey();
    if (!publicKey || gnutls_pubkey_import_privkey(publicKey.get(), key.get(), 0, 0) < 0)
        return damagedKey();
    auto material = std::make_shared<Material>();
    material->publicKey = canonicalForm(publicKey);
    if (material->publicKey.isEmpty())
        return damagedKey();
    material->id = idOf(material->publicKey);
    auto certificate = selfSigned(key, publicKey);
    if (!certificate)
        return certificate.error();
    material->certificate = *certificate;
    material->key = std::move(key);
    return std::shared_ptr<const Material>(std::move(material));
}

DeviceKey::DeviceKey(std::shared_ptr<const Material> material)
    : m_material(std::move(material))
{
}

Result<DeviceKey> DeviceKey::generate()
{
    PrivateKey key = newPrivateKey();
    if (!key)
        return cryptoFailed(GNUTLS_E_MEMORY_ERROR);
    const int status = gnutls_privkey_generate(key.get(), GNUTLS_PK_ECDSA,
                                               GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (status < 0)
        return cryptoFailed(status);
    auto material = Material::of(std::move(key));
    if (!material)
        return material.error();
    return DeviceKey(*material);
}

Result<DeviceKey> DeviceKey::fromPkcs8(const QByteArray &der)
{
    gnutls_x509_privkey_t handle = nullptr;
    if (gnutls_x509_privkey_init(&handle) < 0)
        return cryptoFailed(GNUTLS_E_MEMORY_ERROR);
    const X509Key parsed(handle);
    const gnutls_datum_t input = borrowed(der);
    PrivateKey key = newPrivateKey();
    if (!key
        || gnutls_x509_privkey_import_pkcs8(parsed.get(), &input, GNUTLS_X509_FMT_DER, nullptr,
                                            GNUTLS_PKCS_PLAIN)
            < 0
        || gnutls_x509_privkey_verify_params(parsed.get()) < 0
        || gnutls_privkey_import_x509(key.get(), parsed.get(), GNUTLS_PRIVKEY_IMPORT_COPY) < 0)
        return damagedKey();
    auto material = Material::of(std::move(key));
    if (!material)
        return material.error();
    return DeviceKey(*material);
}

QByteArray DeviceKey::pkcs8() const { return pkcs8Of(m_material->key); }
QByteArray DeviceKey::publicKey() const { return m_material->publicKey; }
DeviceId DeviceKey::id() const { return m_material->id; }
QByteArray DeviceKey::certificate() const { return m_material->certificate; }

Result<QByteArray> DeviceKey::sign(const QByteArray &payload) const
{
    const gnutls_datum_t input = borrowed(payload);
    Datum signature;
    const int status = gnutls_privkey_sign_data(m_material->key.get(), GNUTLS_DIG_SHA256, 0, &input,
                                                signature.out());
    if (status < 0)
        return cryptoFailed(status);
    return signature.bytes();
}

Result<DeviceId> deviceIdOfPublicKey(const QByteArray &subjectPublicKeyInfo)
{
    const PublicKey key = newPublicKey();
    const gnutls_datum_t input = borrowed(subjectPublicKeyInfo);
    if (!key || gnutls_pubkey_import(key.get(), &input, GNUTLS_X509_FMT_DER) < 0
        || canonicalForm(key) != subjectPublicKeyInfo)
        return foreignKey();
    return idOf(subjectPublicKeyInfo);
}

Result<DeviceId> deviceIdOfCertificate(const QByteArray &certificate)
{
    const Certificate parsed = newCertificate();
    const PublicKey key = newPublicKey();
    const gnutls_datum_t input = borrowed(certificate);
    if (!parsed || !key || gnutls_x509_crt_import(parsed.get(), &input, GNUTLS_X509_FMT_DER) < 0
        || gnutls_pubkey_import_x509(key.get(), parsed.get(), 0) < 0)
        return foreignKey();
    const QByteArray canonical = canonicalForm(key);
    if (canonical.isEmpty())
        return foreignKey();
    return idOf(canonical);
}

bool verifySignature(const QByteArray &subjectPublicKeyInfo, const QByteArray &payload,
                     const QByteArray &signature)
{
    const PublicKey key = newPublicKey();
    const gnutls_datum_t spki = borrowed(subjectPublicKeyInfo);
    const gnutls_datum_t data = borrowed(payload);
    const gnutls_datum_t proof = borrowed(signature);
    return key && gnutls_pubkey_import(key.get(), &spki, GNUTLS_X509_FMT_DER) >= 0
        && gnutls_pubkey_verify_data2(key.get(), GNUTLS_SIGN_ECDSA_SHA256, 0, &data, &proof) >= 0;
}

void wipe(QByteArray &secret)
{
    if (secret.isDetached() && !secret.isEmpty())
        gnutls_memset(secret.data(), 0, static_cast<size_t>(secret.size()));
    secret.clear();
}

} // namespace postern
