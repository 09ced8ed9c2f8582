#pragma once
// The server's certificate and TLS settings. A connection keeps the context it began with, so
// a reload touches only new ones.

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

#include <memory>

struct ssl_ctx_st;
struct ssl_st;

namespace postern::rendezvous {

struct SslDeleter {
    void operator()(ssl_ctx_st *context) const;
    void operator()(ssl_st *ssl) const;
};

class TlsContext {
public:
    /// PEM files; the certificate's may hold the chain.
    static Result<std::shared_ptr<const TlsContext>> load(const QString &certificateFile,
                                                          const QString &keyFile);

    /// SHA-256 of the certificate, DER: what clients pin and sign.
    const QByteArray &certificateSha256() const { return m_fingerprint; }
    /// A server-side connection, or null when memory is out.
    std::unique_ptr<ssl_st, SslDeleter> newConnection() const;

private:
    std::unique_ptr<ssl_ctx_st, SslDeleter> m_context;
    QByteArray m_fingerprint;
};

/// Makes a self-signed P-256 certificate and its key (owner-only) unless both files exist.
Result<void> ensureOwnCertificate(const QString &certificateFile, const QString &keyFile);

} // namespace postern::rendezvous
