#include "tests/support/rendezvous_process.h"

#include <QElapsedTimer>
#include <QJsonDocument>
#include <QJsonObject>
#include <QUuid>

#include <csignal>

namespace postern {

namespace {

/// Generous: sanitizers and a busy machine make everything slow.
constexpr int START_MS = 30'000;

QString program() { return QStringLiteral(POSTERN_BIN_DIR "/postern-rendezvous"); }

} // namespace

RendezvousProcess::RendezvousProcess() = default;

RendezvousProcess::~RendezvousProcess() { kill(); }

bool RendezvousProcess::start(const QStringList &more)
{
    if (!makeDatabase())
        return false;
    const QString port = QString::number(m_listen.port); // 0 the first time
    QStringList arguments = whereDataIs()
        + QStringList{QStringLiteral("serve"), QStringLiteral("--listen"),
                      QStringLiteral("127.0.0.1:") + port, QStringLiteral("--stun"),
                      QStringLiteral("127.0.0.1:0")};
    for (int i = 0; i < more.size(); ++i) { // a later --listen or --stun replaces ours
        const auto at = more[i].startsWith(QLatin1String("--")) ? arguments.indexOf(more[i]) : -1;
        if (at >= 0 && i + 1 < more.size())
            arguments[at + 1] = more[++i];
        else
            arguments.append(more[i]);
    }
    m_process.setProgram(program());
    m_process.setArguments(arguments);
    m_process.start(QIODevice::ReadWrite);
    if (!m_process.waitForStarted(START_MS)) {
        m_problem = program() + QStringLiteral(": ") + m_process.errorString();
        return false;
    }
    return readReadyLine();
}

bool RendezvousProcess::makeDatabase()
{
    const QString server = qEnvironmentVariable("POSTERN_TEST_POSTGRES");
    if (server.isEmpty() || !m_database.isEmpty())
        return true;
    const QString name = QStringLiteral("postern_") + QUuid::createUuid().toString(QUuid::Id128);
    QProcess psql;
    psql.setProcessChannelMode(QProcess::MergedChannels);
    psql.start(QStringLiteral("psql"),
               {server + QStringLiteral("/postgres"), QStringLiteral("-c"),
                QStringLiteral("CREATE DATABASE ") + name});
    if (!psql.waitForFinished(START_MS) || psql.exitCode() != 0) {
        m_problem = QStringLiteral("psql: ") + QString::fromUtf8(psql.readAll());
        return false;
    }
    m_database = server + QLatin1Char('/') + name;
    return true;
}

QStringList RendezvousProcess::whereDataIs() const
{
    QStringList arguments{QStringLiteral("--data"), m_data.path()};
    if (!m_database.isEmpty())
        arguments += {QStringLiteral("--database"), m_database};
    return arguments;
}

bool RendezvousProcess::readReadyLine()
{
    QElapsedTimer clock;
    clock.start();
    while (!m_process.canReadLine()) {
        if (m_process.state() == QProcess::NotRunning || clock.elapsed() > START_MS) {
            m_problem = QStringLiteral("No ready line. It said: ") + errors();
            return false;
        }
        m_process.waitForReadyRead(100);
    }
    const auto line = QJsonDocument::fromJson(m_process.readLine()).object();
    const auto endpoint = [&line](const char *key) {
        auto parsed = Endpoint::parse(line.value(QLatin1String(key)).toString());
        return parsed ? *parsed : Endpoint();
    };
    m_address = line.value(QLatin1String("address")).toString();
    m_listen = endpoint("listen");
    m_stun = endpoint("stun");
    m_stunAlternate = endpoint("stun_alt");
    if (line.value(QLatin1String("event")).toString() == QLatin1String("ready")
        && !m_address.isEmpty() && m_listen.port != 0)
        return true;
    m_problem = QStringLiteral("The ready line is not as the contract says.");
    return false;
}

QByteArray RendezvousProcess::certificateSha256() const
{
    return QByteArray::fromHex(m_address.section(QLatin1Char(':'), -1).toLatin1());
}

bool RendezvousProcess::stop(int milliseconds)
{
    m_process.terminate();
    if (!m_process.waitForFinished(milliseconds)) {
        m_problem = QStringLiteral("It did not end on SIGTERM. It said: ") + errors();
        return false;
    }
    if (m_process.exitStatus() == QProcess::NormalExit && m_process.exitCode() == 0)
        return true;
    m_problem = QStringLiteral("Exit code %1. It said: ").arg(m_process.exitCode()) + errors();
    return false;
}

void RendezvousProcess::kill()
{
    if (m_process.state() == QProcess::NotRunning)
        return;
    m_process.kill();
    m_process.waitForFinished(5000);
}

void RendezvousProcess::reload() { ::kill(static_cast<pid_t>(m_process.processId()), SIGHUP); }

QString RendezvousProcess::errors()
{
    m_errors += QString::fromUtf8(m_process.readAllStandardError());
    return m_errors;
}

RendezvousProcess::Said RendezvousProcess::admin(const QStringList &arguments,
                                                 const QByteArray &input) const
{
    return run(whereDataIs() + arguments, input);
}

RendezvousProcess::Said RendezvousProcess::run(const QStringList &arguments,
                                               const QByteArray &input)
{
    QProcess process;
    process.start(program(), arguments);
    process.write(input);
    process.closeWriteChannel();
    if (!process.waitForFinished(START_MS))
        return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

} // namespace postern
