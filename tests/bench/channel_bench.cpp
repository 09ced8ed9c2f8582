// How fast a channel moves bytes, and at what cost: a sender and a receiver process, and
// iperf3 (TCP) beside them in the same run. Not a test: nothing here passes or fails.
//
//   bench_channel [--bytes N] [--runs N] [--kinds tls,quic,cubic,iperf]
//                 [--address IP] [--near PREFIX] [--far PREFIX]
//
// --near and --far are commands put before each end's own, as "ip netns exec left";
// --address is the receiver's.

#include "core/identity/device_key.h"
#include "core/net/tcp_listener.h"
#include "core/net/udp_socket.h"
#include "core/transport/quic_channel.h"
#include "core/transport/tls_channel.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QTextStream>

#include <sys/resource.h>

using namespace postern;

namespace {

constexpr quint16 PORT = 47199;

class SocketPath final : public DatagramPath {
public:
    SocketPath(UdpSocket &socket, const Endpoint &remote)
        : m_socket(socket)
        , m_remote(remote)
    {
    }
    Endpoint local() const override { return m_socket.local(); }
    Endpoint remote() const override { return m_remote; }
    SendResult send(ByteView bytes, const SendOptions &options) override
    {
        return m_socket.send(m_remote, bytes, options);
    }
    void setReceiver(Receiver receiver) override { m_socket.setReceiver(std::move(receiver)); }
    void setWritableHandler(std::function<void()> handler) override
    {
        m_socket.setWritableHandler(std::move(handler));
    }
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler) override
    {
        m_socket.setIcmpHandler(std::move(handler));
    }

private:
    UdpSocket &m_socket;
    Endpoint m_remote;
};

double processorSeconds()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval &t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long residentKiB()
{
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/// One end of the run, in a process of its own.
class End : public PeerChannelObserver {
public:
    End(bool sends, qint64 total)
        : m_sends(sends)
        , m_total(total)
        , m_block(256 * 1024, Qt::Uninitialized)
    {
        fillRandom(MutableByteView(reinterpret_cast<std::uint8_t *>(m_block.data()),
                                   static_cast<std::size_t>(m_block.size())));
    }

    std::function<void(Result<void>)> established()
    {
        return [this](Result<void> outcome) {
            if (!outcome)
                qFatal("%s", qPrintable(outcome.error().message));
            m_channel->setObserver(this);
            m_processorAtStart = processorSeconds();
            m_clock.start();
            if (!m_sends)
                return;
            m_stream = *m_channel->openStream();
            streamWritable(m_stream);
        };
    }

    void streamData(StreamId stream, ByteView data, bool finished) override
    {
        if (m_bytes == 0)
            m_channel->widen(stream, STREAM_WINDOW_BYTES);
        m_bytes += static_cast<qint64>(data.size());
        m_channel->consume(stream, data.size());
        if (!finished)
            return;
        if (!m_sends) {
            m_channel->write(stream, "ok");
            m_channel->finish(stream);
            report();
            return;
        }
        report();
        m_channel->close({ErrorCode::Disconnected, {}});
    }
    void streamWritable(StreamId stream) override
    {
        while (m_bytes < m_total && m_channel->writableBytes(stream) > 0) {
            m_channel->write(stream, m_block);
            m_bytes += m_block.size();
        }
        if (m_bytes >= m_total)
            m_channel->finish(stream);
    }
    void streamReset(StreamId) override { qFatal("reset"); }
    void channelClosed(const Error &) override { QCoreApplication::quit(); }

    void run(const QString &kind, const DeviceKey &own, const DeviceId &peer,
             const IpAddress &address)
    {
        const Endpoint server{address, PORT};
        const Endpoint any{IpAddress::any(address.family()), 0};
        if (kind == QStringLiteral("tls")) {
            if (m_sends) {
                m_tcp = std::move(*TcpSocket::connect(server, [=, this](Result<void> connected) {
                    if (!connected)
                        qFatal("%s", qPrintable(connected.error().message));
                    m_channel = TlsChannel::start(std::move(m_tcp), ChannelRole::Initiator, own,
                                                  {peer}, {}, established());
                }));
                return;
            }
            m_listener = std::move(*TcpListener::listen({any.address, PORT}, {}));
            m_listener->setAcceptor([=, this](std::unique_ptr<TcpSocket> socket) {
                m_channel = TlsChannel::start(std::move(socket), ChannelRole::Responder, own,
                                              {peer}, {}, established());
            });
        } else {
            QuicOptions options;
            if (kind == QStringLiteral("cubic"))
                options.congestion = Congestion::Cubic;
            m_udp = std::move(*UdpSocket::bind({any.address, m_sends ? quint16{0} : PORT}));
            if (m_sends) {
                startQuic(server, own, peer, options);
                return;
            }
            // Whoever sends first is the peer of this run.
            m_udp->setReceiver([=, this](std::span<const Datagram> batch) {
                startQuic(batch.front().from, own, peer, options);
            });
        }
    }

private:
    void startQuic(const Endpoint &remote, const DeviceKey &own, const DeviceId &peer,
                   const QuicOptions &options)
    {
        m_channel = QuicChannel::start(std::make_unique<SocketPath>(*m_udp, remote),
                                       m_sends ? ChannelRole::Initiator : ChannelRole::Responder,
                                       own, {peer}, {}, established(), options);
    }

    void report()
    {
        const QJsonObject figures{
            {QStringLiteral("seconds"), static_cast<double>(m_clock.nsecsElapsed()) / 1e9},
            {QStringLiteral("bytes"), static_cast<double>(m_bytes)},
            {QStringLiteral("processor"), processorSeconds() - m_processorAtStart},
            {QStringLiteral("resident"), static_cast<double>(residentKiB()) / 1024},
        };
        QTextStream(stdout) << QJsonDocument(figures).toJson(QJsonDocument::Compact) << Qt::endl;
    }

    bool m_sends;
    qint64 m_total;
    QByteArray m_block;
    qint64 m_bytes = 0;
    StreamId m_stream = 0;
    QElapsedTimer m_clock;
    double m_processorAtStart = 0;
    std::unique_ptr<TcpSocket> m_tcp;
    std::unique_ptr<TcpListener> m_listener;
    std::unique_ptr<UdpSocket> m_udp;
    std::unique_ptr<PeerChannel> m_channel;
};

struct Setup {
    qint64 bytes = 0;
    QString address;
    QStringList near;
    QStringList far;
};

std::unique_ptr<QProcess> spawned(QStringList prefix, const QStringList &command)
{
    auto process = std::make_unique<QProcess>();
    prefix += command;
    process->setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process->start(prefix.first(), prefix.mid(1));
    process->waitForStarted();
    return process;
}

QJsonObject lastLine(QProcess &process)
{
    process.waitForFinished(120'000);
    return QJsonDocument::fromJson(process.readAllStandardOutput().trimmed()).object();
}

void runChannel(const QString &kind, const Setup &setup)
{
    const DeviceKey a = *DeviceKey::generate();
    const DeviceKey b = *DeviceKey::generate();
    const QString self = QCoreApplication::applicationFilePath();
    const auto end = [&](const QString &which, const DeviceKey &own, const DeviceKey &peer) {
        return QStringList{self,
                           QStringLiteral("--end"),
                           which,
                           QStringLiteral("--kinds"),
                           kind,
                           QStringLiteral("--address"),
                           setup.address,
                           QStringLiteral("--bytes"),
                           QString::number(setup.bytes),
                           QStringLiteral("--own"),
                           QString::fromLatin1(own.pkcs8().toHex()),
                           QStringLiteral("--peer"),
                           peer.id().toHex()};
    };
    const auto receiver = spawned(setup.far, end(QStringLiteral("receiver"), b, a));
    receiver->waitForReadyRead(10'000); // it says when it listens
    receiver->readLine();
    const auto sender = spawned(setup.near, end(QStringLiteral("sender"), a, b));
    const QJsonObject sent = lastLine(*sender);
    const QJsonObject received = lastLine(*receiver);
    const auto figure = [](const QJsonObject &from, const char *name) {
        return from.value(QLatin1String(name)).toDouble();
    };
    const double seconds = figure(sent, "seconds");
    const double processor = figure(sent, "processor") + figure(received, "processor");
    const double gigabytes = static_cast<double>(setup.bytes) / 1e9;
    QTextStream(stdout) << kind.rightJustified(7)
                        << QString::asprintf(
                               "%7.0f MB/s   CPU %.2f s/GB (sender %.2f, receiver %.2f)   "
                               "resident %.0f / %.0f MiB",
                               static_cast<double>(setup.bytes) / seconds / 1e6,
                               processor / gigabytes, figure(sent, "processor") / gigabytes,
                               figure(received, "processor") / gigabytes, figure(sent, "resident"),
                               figure(received, "resident"))
                        << Qt::endl;
}

void runIperf(const Setup &setup)
{
    const auto server =
        spawned(setup.far, {QStringLiteral("iperf3"), QStringLiteral("-s"), QStringLiteral("-1")});
    server->waitForReadyRead(5'000);
    const auto client =
        spawned(setup.near,
                {QStringLiteral("iperf3"), QStringLiteral("-J"), QStringLiteral("-c"),
                 setup.address, QStringLiteral("-n"), QString::number(setup.bytes)});
    client->waitForFinished(120'000);
    const QJsonObject end = QJsonDocument::fromJson(client->readAllStandardOutput())
                                .object()
                                .value(QLatin1String("end"))
                                .toObject();
    const double bits = end.value(QLatin1String("sum_received"))
                            .toObject()
                            .value(QLatin1String("bits_per_second"))
                            .toDouble();
    server->waitForFinished(5'000);
    QTextStream(stdout) << QString::asprintf("  iperf%7.0f MB/s   (TCP, no encryption)", bits / 8e6)
                        << Qt::endl;
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    const auto option = [&](const char *name, const char *fallback) {
        parser.addOption({QString::fromLatin1(name), QString(), QStringLiteral("value"),
                          QString::fromLatin1(fallback)});
    };
    option("bytes", "1073741824");
    option("runs", "3");
    option("kinds", "iperf,tls,quic");
    option("address", "127.0.0.1");
    option("near", "");
    option("far", "");
    option("end", "");
    option("own", "");
    option("peer", "");
    parser.process(app);
    const auto value = [&](const char *name) { return parser.value(QString::fromLatin1(name)); };

    if (parser.isSet(QStringLiteral("end"))) {
        const bool sends = value("end") == QStringLiteral("sender");
        End end(sends, value("bytes").toLongLong());
        end.run(value("kinds"), *DeviceKey::fromPkcs8(QByteArray::fromHex(value("own").toLatin1())),
                *DeviceId::fromHex(value("peer")), *IpAddress::parse(value("address")));
        if (!sends)
            QTextStream(stdout) << "listening" << Qt::endl;
        return app.exec();
    }
    Setup setup{value("bytes").toLongLong(), value("address"),
                QProcess::splitCommand(value("near")), QProcess::splitCommand(value("far"))};
    const QStringList kinds = value("kinds").split(QLatin1Char(','));
    for (int i = 0; i < value("runs").toInt(); ++i) {
        for (const QString &kind : kinds) {
            if (kind == QStringLiteral("iperf"))
                runIperf(setup);
            else
                runChannel(kind, setup);
        }
    }
    return 0;
}
