#include "tests/support/coturn_process.h"

#include "core/base/random.h"
#include "core/stun/binding.h"

#include <QCryptographicHash>
#include <QDateTime>
#include <QElapsedTimer>
#include <QMessageAuthenticationCode>
#include <QSslCertificate>
#include <QStandardPaths>
#include <QTcpServer>
#include <QUdpSocket>

namespace postern {

namespace {

const QByteArray SECRET = "the secret of this test";
constexpr int START_MS = 30'000;
constexpr int ATTEMPTS = 5; // another program may take a port that was free just now

/// A number that is free for TCP and UDP.
std::uint16_t freePort()
{
    QTcpServer tcp;
    QUdpSocket udp;
    do {
        tcp.close();
        tcp.listen(QHostAddress::LocalHost);
    } while (!udp.bind(QHostAddress::LocalHost, tcp.serverPort()));
    return tcp.serverPort();
}

} // namespace

bool CoturnProcess::isInstalled()
{
    return !QStandardPaths::findExecutable(QStringLiteral("turnserver")).isEmpty()
        && !QStandardPaths::findExecutable(QStringLiteral("openssl")).isEmpty();
}

CoturnProcess::~CoturnProcess()
{
    m_process.kill();
    m_process.waitForFinished(5000);
}

bool CoturnProcess::start(const QStringList &more)
{
    const QString certificate = m_folder.filePath(QStringLiteral("cert.pem"));
    const QString key = m_folder.filePath(QStringLiteral("key.pem"));
    QProcess openssl;
    openssl.start(QStringLiteral("openssl"),
                  {QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"),
                   QStringLiteral("ec"), QStringLiteral("-pkeyopt"),
                   QStringLiteral("ec_paramgen_curve:P-256"), QStringLiteral("-nodes"),
                   QStringLiteral("-subj"), QStringLiteral("/CN=relay.test"),
                   QStringLiteral("-keyout"), key, QStringLiteral("-out"), certificate});
    openssl.waitForFinished(START_MS);
    const auto made = QSslCertificate::fromPath(certificate);
    if (made.isEmpty()) {
        m_problem = QStringLiteral("openssl made no certificate");
        return false;
    }
    m_certificateSha256 = made.first().digest(QCryptographicHash::Sha256);
    for (int attempt = 0; attempt < ATTEMPTS; ++attempt) {
        if (tryStart(more))
            return true;
    }
    return false;
}

bool CoturnProcess::tryStart(const QStringList &more)
{
    m_plain = {IpAddress::v4(127, 0, 0, 1), freePort()};
    m_tls = {m_plain.address, freePort()};
    m_process.kill();
    m_process.waitForFinished(5000);
    m_process.setProcessChannelMode(QProcess::MergedChannels);
    m_process.start(
        QStringLiteral("turnserver"),
        QStringList{QStringLiteral("-n"), QStringLiteral("--no-cli"),
                    QStringLiteral("--log-file=stdout"), QStringLiteral("--allow-loopback-peers"),
                    QStringLiteral("--listening-ip=127.0.0.1"),
                    QStringLiteral("--relay-ip=127.0.0.1"), QStringLiteral("--realm=test"),
                    QStringLiteral("--use-auth-secret"),
                    QStringLiteral("--static-auth-secret=") + QString::fromLatin1(SECRET),
                    QStringLiteral("--listening-port=%1").arg(m_plain.port),
                    QStringLiteral("--tls-listening-port=%1").arg(m_tls.port),
                    QStringLiteral("--cert=") + m_folder.filePath(QStringLiteral("cert.pem")),
                    QStringLiteral("--pkey=") + m_folder.filePath(QStringLiteral("key.pem")),
                    QStringLiteral("--pidfile=") + m_folder.filePath(QStringLiteral("pid")),
                    QStringLiteral("--userdb=") + m_folder.filePath(QStringLiteral("db"))}
            + more);
    QElapsedTimer clock;
    clock.start();
    while (m_process.state() != QProcess::NotRunning && clock.elapsed() < START_MS) {
        if (answers())
            return true;
        m_process.waitForFinished(50);
    }
    m_problem = QStringLiteral("coturn did not start: ") + QString::fromUtf8(m_process.readAll());
    return false;
}

bool CoturnProcess::answers() const
{
    std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
    fillRandom(id);
    QUdpSocket asker;
    asker.writeDatagram(stun::bindingRequest(stun::TransactionId(id)), QHostAddress::LocalHost,
                        m_plain.port);
    return asker.waitForReadyRead(200) && asker.pendingDatagramSize() > 0;
}

wire::RelayAccess CoturnProcess::credential(const QByteArray &secret, qint64 expiry,
                                            const QByteArray &who)
{
    const QByteArray username = QByteArray::number(expiry) + ':' + who;
    wire::RelayAccess access;
    access.username = QString::fromLatin1(username);
    access.password = QString::fromLatin1(
        QMessageAuthenticationCode::hash(username, secret, QCryptographicHash::Sha1).toBase64());
    access.lifetimeSeconds = 3600;
    return access;
}

wire::RelayAccess CoturnProcess::access() const
{
    const QString host = m_plain.address.toString();
    auto access = credential(SECRET, QDateTime::currentSecsSinceEpoch() + 3600, "anna");
    access.servers = {{wire::RelayTransport::Udp, host, m_plain.port, {}},
                      {wire::RelayTransport::Tcp, host, m_plain.port, {}},
                      {wire::RelayTransport::Tls, host, m_tls.port, m_certificateSha256}};
    return access;
}

} // namespace postern
