#pragma once
// A real postern-rendezvous on a free port of 127.0.0.1 with a data folder of its own; gone,
// with its data, when the object goes. Its accounts are in SQLite, or in a fresh database of the
// PostgreSQL server that POSTERN_TEST_POSTGRES names (tests/support/with_postgres.py).
//
//     RendezvousProcess server;
//     QVERIFY2(server.start(), qPrintable(server.problem()));
//     engine->registerAccount({server.address(), "anna"}, ...);

#include "core/base/endpoint.h"

#include <QProcess>
#include <QStringList>
#include <QTemporaryDir>

namespace postern {

class RendezvousProcess {
public:
    /// What an admin command, run beside the server, said.
    struct Said {
        int exitCode = -1;
        QString out;
        QString err;
    };

    RendezvousProcess();
    ~RendezvousProcess();

    /// `serve` on 127.0.0.1:0 with STUN on 127.0.0.1:0; later arguments win over these. Waits
    /// for the ready line. Again after stop(): the same data and, if it is free, the same port.
    [[nodiscard]] bool start(const QStringList &more = {});
    QString problem() const { return m_problem; } ///< why start() or stop() failed

    QString address() const { return m_address; } ///< host:port#sha256:..., as for --server
    Endpoint listen() const { return m_listen; }
    Endpoint stun() const { return m_stun; }
    Endpoint stunAlternate() const { return m_stunAlternate; }
    QByteArray certificateSha256() const; ///< 32 bytes
    QString dataFolder() const { return m_data.path(); }
    /// What each command is told of that: --data, and --database where it is not SQLite.
    QStringList whereDataIs() const;

    /// SIGTERM, then waits; true if it ended with exit code 0.
    [[nodiscard]] bool stop(int milliseconds = 10'000);
    /// As a crash or a power cut would.
    void kill();
    void reload(); ///< SIGHUP
    bool running() const { return m_process.state() == QProcess::Running; }
    qint64 processId() const { return m_process.processId(); }
    QString errors(); ///< what it said on stderr so far

    /// postern-rendezvous --data <this one's> ARGUMENTS.
    Said admin(const QStringList &arguments, const QByteArray &input = {}) const;
    /// Runs the program with exactly these arguments.
    static Said run(const QStringList &arguments, const QByteArray &input = {});

private:
    bool readReadyLine();
    bool makeDatabase();
    QTemporaryDir m_data;
    QString m_database; ///< its URL; empty: SQLite
    QProcess m_process;
    QString m_problem;
    QString m_address;
    QString m_errors;
    Endpoint m_listen;
    Endpoint m_stun;
    Endpoint m_stunAlternate;
};

} // namespace postern
