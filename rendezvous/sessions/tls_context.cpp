#include "rendezvous/sessions/tls_context.h"

#include "core/base/random.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QSaveFile>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace postern::rendezvous {

namespace {

// A pinned certificate is trusted by its fingerprint, not by its dates.
constexpr long OWN_CERTIFICATE_DAYS = 20 * 365;

struct Deleter {
    void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
    void operator()(X509 *certificate) const { X509_free(certificate); }
    void operator()(BIO *bio) const { BIO_free(bio); }
};
template<typename T> using Owned = std::unique_ptr<T, Deleter>;

QString tr(const char *text) { return QCoreApplication::translate("Tls", text); }

QString lastReason()
{
    char text[256] = {};
    ERR_error_string_n(ERR_get_error(), text, sizeof text);
    ERR_clear_error();
    return QString::fromLatin1(text);
}

QByteArray pemOf(const BIO *bio)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(const_cast<BIO *>(bio), &data);
    return QByteArray(data, size);
}

Result<void> writeOwnerOnly(const QString &path, const QByteArray &bytes)
{
    QSaveFile file(path);
    const bool written = file.open(QIODevice::WriteOnly)
        && file.setPermissions(QFileDevice::ReadOwner | QFileDevice::WriteOwner)
        && file.write(bytes) == bytes.size() && file.commit();
    if (!written)
        return Error{ErrorCode::FileNotWritable,
                     tr("%1 can't be written: %2").arg(path, file.errorString())};
    return {};
}

Owned<X509> selfSigned(EVP_PKEY *key)
{
    Owned<X509> certificate(X509_new());
    QByteArray serial = randomBytes(16);
    serial[0] = static_cast<char>(serial[0] & 0x7f); // RFC 5280 section 4.1.2.2: positive
    BIGNUM *number = BN_bin2bn(reinterpret_cast<const unsigned char *>(serial.constData()),
                               static_cast<int>(serial.size()), nullptr);
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
    BN_free(number);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -24L * 3600); // clocks differ
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), OWN_CERTIFICATE_DAYS * 24 * 3600);
    X509_set_pubkey(certificate.get(), key);
    X509_NAME *name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char *>("postern-rendezvous"), -1,
                               -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    if (X509_sign(certificate.get(), key, EVP_sha256()) == 0)
        return {};
    return certificate;
}

} // namespace

void SslDeleter::operator()(ssl_ctx_st *context) const { SSL_CTX_free(context); }
void SslDeleter::operator()(ssl_st *ssl) const { SSL_free(ssl); }

Result<void> ensureOwnCertificate(const QString &certificateFile, const QString &keyFile)
{
    if (QFile::exists(certificateFile) && QFile::exists(keyFile))
        return {};
    const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
    const Owned<X509> certificate = key ? selfSigned(key.get()) : nullptr;
    const Owned<BIO> keyPem(BIO_new(BIO_s_mem()));
    const Owned<BIO> certificatePem(BIO_new(BIO_s_mem()));
    if (!certificate
        || PEM_write_bio_PKCS8PrivateKey(keyPem.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                         nullptr)
            != 1
        || PEM_write_bio_X509(certificatePem.get(), certificate.get()) != 1)
        return Error{ErrorCode::Internal,
                     tr("The server's certificate can't be made: %1").arg(lastReason())};
    if (auto written = writeOwnerOnly(keyFile, pemOf(keyPem.get())); !written)
        return written;
    return writeOwnerOnly(certificateFile, pemOf(certificatePem.get()));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const QString &certificateFile,
                                                           const QString &keyFile)
{
    auto result = std::make_shared<TlsContext>();
    result->m_context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX *context = result->m_context.get();
    if (!context || SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) != 1)
        return Error{ErrorCode::Internal, tr("TLS can't be started: %1").arg(lastReason())};
    if (SSL_CTX_use_certificate_chain_file(context, QFile::encodeName(certificateFile).constData())
            != 1
        || SSL_CTX_use_PrivateKey_file(context, QFile::encodeName(keyFile).constData(),
                                       SSL_FILETYPE_PEM)
            != 1
        || SSL_CTX_check_private_key(context) != 1)
        return Error{ErrorCode::FileNotReadable,
                     tr("The certificate %1 and its key %2 can't be used: %3")
                         .arg(certificateFile, keyFile, lastReason())};
    // Idle connections give their 16 KiB record buffers back: most of a client's memory.
    SSL_CTX_set_mode(context,
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE
                         | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);

    unsigned char *der = nullptr;
    const int size = i2d_X509(SSL_CTX_get0_certificate(context), &der);
    if (size <= 0)
        return Error{ErrorCode::Internal, lastReason()};
    result->m_fingerprint = QCryptographicHash::hash(
        QByteArray(reinterpret_cast<const char *>(der), size), QCryptographicHash::Sha256);
    OPENSSL_free(der);
    return std::shared_ptr<const TlsContext>(std::move(result));
}

std::unique_ptr<ssl_st, SslDeleter> TlsContext::newConnection() const
{
    std::unique_ptr<ssl_st, SslDeleter> ssl(SSL_new(m_context.get()));
    if (ssl)
        SSL_set_accept_state(ssl.get());
    return ssl;
}

} // namespace postern::rendezvous
