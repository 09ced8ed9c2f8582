#include "rendezvous/accounts/device_proof.h"

#include <QCryptographicHash>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>

namespace postern::rendezvous {

namespace {

struct Deleter {
    void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
    void operator()(EVP_MD_CTX *context) const { EVP_MD_CTX_free(context); }
    void operator()(unsigned char *bytes) const { OPENSSL_free(bytes); }
};
template<typename T> using Owned = std::unique_ptr<T, Deleter>;

const unsigned char *data(const QByteArray &bytes)
{
    return reinterpret_cast<const unsigned char *>(bytes.constData());
}

Owned<EVP_PKEY> parseP256(const QByteArray &der)
{
    const unsigned char *cursor = data(der);
    Owned<EVP_PKEY> key(d2i_PUBKEY(nullptr, &cursor, static_cast<long>(der.size())));
    char group[32] = {};
    if (!key || cursor != data(der) + der.size() || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_EC
        || EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) != 1
        || qstrcmp(group, "prime256v1") != 0)
        return {};
    unsigned char *raw = nullptr;
    const int size = i2d_PUBKEY(key.get(), &raw);
    const Owned<unsigned char> canonical(raw);
    if (size != der.size() || memcmp(raw, der.constData(), static_cast<std::size_t>(size)) != 0)
        return {};
    return key;
}

bool verifies(EVP_PKEY *key, const QByteArray &signature, const QByteArray &payload)
{
    const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
    return context && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1
        && EVP_DigestVerify(context.get(), data(signature),
                            static_cast<std::size_t>(signature.size()), data(payload),
                            static_cast<std::size_t>(payload.size()))
        == 1;
}

} // namespace

Result<DeviceId> provenDevice(const wire::DeviceProof &proof, const QByteArray &payload)
{
    const auto key = parseP256(proof.publicKey);
    const bool proven = key && verifies(key.get(), proof.signature, payload);
    ERR_clear_error(); // the queue is the thread's, and TLS reads it
    if (!proven)
        return Error{ErrorCode::SignInRefused,
                     QStringLiteral("The device's key and its signature do not fit together.")};
    return DeviceId::fromBytes(
        viewOf(QCryptographicHash::hash(proof.publicKey, QCryptographicHash::Sha256)));
}

} // namespace postern::rendezvous
