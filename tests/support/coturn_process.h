#pragma once
// A real coturn, with UDP, TCP and TLS on free ports of 127.0.0.1 and time-limited credentials.
// Gone when the object goes.

#include "core/wire/rendezvous_messages.h"

#include <QProcess>
#include <QTemporaryDir>

namespace postern {

class CoturnProcess {
public:
    static bool isInstalled();

    ~CoturnProcess();

    /// Waits until it answers on UDP.
    [[nodiscard]] bool start(const QStringList &more = {});
    QString problem() const { return m_problem; }

    /// All three ways in, and a credential that is good for an hour.
    wire::RelayAccess access() const;
    Endpoint plain() const { return m_plain; } ///< UDP and TCP

    /// As coturn's `use-auth-secret` has it: the name says until when it is good.
    static wire::RelayAccess credential(const QByteArray &secret, qint64 expiry,
                                        const QByteArray &who);

private:
    bool tryStart(const QStringList &more);
    bool answers() const;

    QTemporaryDir m_folder;
    QProcess m_process;
    QString m_problem;
    Endpoint m_plain;
    Endpoint m_tls;
    QByteArray m_certificateSha256;
};

} // namespace postern
