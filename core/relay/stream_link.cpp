#include "core/relay/stream_link.h"

#include <QCoreApplication>
#include <QHostAddress>
#include <QSslConfiguration>
#include <QSslSocket>

#include <algorithm>

namespace postern::relay {

namespace {

/// What may wait to be written: enough to fill a long path, little enough that congestion
/// control above still sees losses and delay.
constexpr qint64 MOST_QUEUED_BYTES = 512 * 1024;
constexpr qint64 ROOM_AGAIN_BYTES = 128 * 1024;
constexpr qint64 READ_BUFFER_BYTES = 1024 * 1024;

Error brokenLink(const QString &reason)
{
    return {ErrorCode::Unavailable,
            QCoreApplication::translate("Relay", "The relay server can't be reached (%1).")
                .arg(reason)};
}

} // namespace

StreamLink::StreamLink(const wire::RelayServer &server, Handlers handlers)
    : m_told(server)
    , m_handlers(std::move(handlers))
    , m_socket(new QSslSocket)
{
    const bool tls = server.transport == wire::RelayTransport::Tls;
    m_socket->setReadBufferSize(READ_BUFFER_BYTES);
    const auto started = tls ? &QSslSocket::encrypted : &QSslSocket::connected;
    QObject::connect(m_socket, started, m_socket, [this] { connected(); });
    QObject::connect(m_socket, &QSslSocket::readyRead, m_socket, [this] { read(); });
    QObject::connect(m_socket, &QSslSocket::sslErrors, m_socket, [this] {
        if (certificateIsTheOneTold())
            m_socket->ignoreSslErrors();
    });
    const auto room = tls ? &QSslSocket::encryptedBytesWritten : &QSslSocket::bytesWritten;
    QObject::connect(m_socket, room, m_socket, [this] { written(); });
    // Queued: a write may find the connection broken, and its caller hears of that later.
    QObject::connect(
        m_socket, &QSslSocket::errorOccurred, m_socket, [this] { fail(); }, Qt::QueuedConnection);
    if (!tls) {
        m_socket->connectToHost(server.host, server.port);
        return;
    }
    QSslConfiguration configuration = QSslConfiguration::defaultConfiguration();
    configuration.setProtocol(QSsl::TlsV1_2OrLater); // coturn before 4.6 has no 1.3
    configuration.setPeerVerifyMode(QSslSocket::VerifyPeer);
    m_socket->setSslConfiguration(configuration);
    m_socket->connectToHostEncrypted(server.host, server.port);
}

StreamLink::~StreamLink()
{
    m_socket->disconnect(m_socket);
    m_socket->disconnectFromHost();
    m_socket->deleteLater();
}

Endpoint StreamLink::server() const
{
    const auto address = IpAddress::parse(m_socket->peerAddress().toString());
    return {address ? *address : IpAddress(), m_socket->peerPort()};
}

bool StreamLink::certificateIsTheOneTold() const
{
    return m_socket->peerCertificate().digest(QCryptographicHash::Sha256)
        == m_told.certificateSha256;
}

void StreamLink::connected()
{
    if (!m_told.certificateSha256.isEmpty() && !certificateIsTheOneTold())
        return fail();
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    m_handlers.opened();
}

void StreamLink::read()
{
    const QByteArray bytes = m_socket->readAll();
    m_stream.append(viewOf(bytes));
    m_messages.clear();
    for (;;) {
        const auto message = m_stream.next();
        if (!message)
            return fail();
        if (!*message)
            break;
        m_messages.push_back(**message);
    }
    if (!m_messages.empty())
        m_handlers.received(m_messages);
}

void StreamLink::written()
{
    if (!m_waitsForRoom || m_socket->bytesToWrite() > ROOM_AGAIN_BYTES)
        return;
    m_waitsForRoom = false;
    m_handlers.writable();
}

void StreamLink::fail()
{
    if (!std::exchange(m_failed, true))
        m_handlers.failed(brokenLink(m_socket->errorString()));
}

bool StreamLink::hasRoom()
{
    if (m_socket->bytesToWrite() + m_socket->encryptedBytesToWrite() < MOST_QUEUED_BYTES)
        return true;
    m_waitsForRoom = true;
    return false;
}

SendStatus StreamLink::send(ByteView message)
{
    if (m_failed || !hasRoom())
        return m_failed ? SendStatus::Failed : SendStatus::WouldBlock;
    m_socket->write(reinterpret_cast<const char *>(message.data()),
                    static_cast<qint64>(message.size()));
    if (const std::size_t padding = stun::channelPadding(message.size()); padding > 0)
        m_socket->write("\0\0\0", static_cast<qint64>(padding));
    return SendStatus::Sent;
}

SendResult StreamLink::sendChannel(const ChannelRun &run)
{
    const std::size_t segment =
        run.options.segmentSize > 0 ? run.options.segmentSize : run.data.size();
    QByteArray framed;
    SendResult result;
    while (result.sent < run.data.size()) {
        if (m_failed || !hasRoom())
            return {m_failed ? SendStatus::Failed : SendStatus::WouldBlock, result.sent};
        const ByteView data =
            run.data.subspan(result.sent, std::min(segment, run.data.size() - result.sent));
        const auto header = stun::channelHeader(run.channel, data.size());
        framed = toByteArray(header);
        framed.append(borrowedByteArray(data));
        framed.append(static_cast<qsizetype>(stun::channelPadding(data.size())), '\0');
        m_socket->write(framed);
        result.sent += data.size();
    }
    return result;
}

} // namespace postern::relay
