// The keychain store against a real gnome-keyring-daemon on a private D-Bus.
//
// Each scenario needs a session bus of its own, which a process sees only once; so the test
// starts itself again inside dbus-run-session as `--inside SCENARIO` and reads what it prints.

#include "core/identity/keychain_store.h"
#include "core/identity/profile.h"

#include <QCoreApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QLocalSocket>
#include <QProcess>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QThread>
#include <QtEndian>

#include <cstdio>

using namespace postern;

namespace {

constexpr auto PASSWORD = "correct horse";

void say(const QString &line)
{
    std::fprintf(stdout, "%s\n", qPrintable(line));
    std::fflush(stdout);
}

QString wordFor(const Result<void> &result)
{
    return result ? QStringLiteral("ok") : errorName(result.error().code);
}

QString wordFor(const Result<std::optional<QByteArray>> &result)
{
    if (!result)
        return errorName(result.error().code);
    return result->has_value() ? QString::fromUtf8(**result) : QStringLiteral("nothing");
}

/// Starts the daemon as the desktop's log-on does: unlocked with the log-on password.
bool startDaemon()
{
    QProcess daemon;
    daemon.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    daemon.start("gnome-keyring-daemon", {"--unlock", "--components=secrets", "--daemonize"});
    if (!daemon.waitForStarted())
        return false;
    daemon.write(PASSWORD);
    daemon.closeWriteChannel();
    return daemon.waitForFinished(20'000) && daemon.exitCode() == 0;
}

bool lockAll()
{
    QProcess call;
    call.start("dbus-send",
               {"--session", "--print-reply", "--dest=org.freedesktop.secrets",
                "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
                "array:objpath:/org/freedesktop/secrets/collection/login"});
    return call.waitForFinished(10'000) && call.exitCode() == 0;
}

void putNumber(QByteArray &packet, quint32 number)
{
    packet.resize(packet.size() + 4);
    qToBigEndian(number, packet.data() + packet.size() - 4);
}

/// Unlocks as PAM does when the screen is unlocked: over the daemon's control socket. A packet
/// is its length, an operation (1: unlock the log-on keyring) and strings; 0 answers success.
bool unlockAll()
{
    QLocalSocket control;
    control.connectToServer(qEnvironmentVariable("XDG_RUNTIME_DIR") + "/keyring/control");
    if (!control.waitForConnected(5'000))
        return false;
    const QByteArray password(PASSWORD);
    QByteArray packet(1, '\0'); // carries our credentials
    putNumber(packet, static_cast<quint32>(12 + password.size()));
    putNumber(packet, 1);
    putNumber(packet, static_cast<quint32>(password.size()));
    control.write(packet + password);
    while (control.bytesAvailable() < 8) {
        if (!control.waitForReadyRead(5'000))
            return false;
    }
    return qFromBigEndian<quint32>(control.read(8).constData() + 4) == 0;
}

/// Runs in the process inside the private bus; the store lives on another thread than main,
/// as it does in the engine.
class Inside : public QObject {
public:
    explicit Inside(const QString &profile)
        : m_store(Profile::open(profile).value(), std::chrono::seconds(3))
    {
    }

    template<typename T> T answerOf(std::function<void(std::function<void(T)>)> call)
    {
        std::optional<T> answer;
        call([&](T result) { answer.emplace(std::move(result)); });
        QElapsedTimer clock;
        clock.start();
        QEventLoop loop;
        while (!answer && clock.elapsed() < 20'000)
            loop.processEvents(QEventLoop::AllEvents, 100);
        say(QStringLiteral("  after %1 ms").arg(clock.elapsed()));
        return answer.value_or(T(ErrorCode::Internal, QStringLiteral("No answer at all.")));
    }

    void write(const QByteArray &secret)
    {
        const auto result =
            answerOf<Result<void>>([&](auto done) { m_store.write("device-key", secret, done); });
        say("write: " + wordFor(result));
        tellWhy(result);
    }
    void read(const QString &name = QStringLiteral("device-key"))
    {
        const auto result = answerOf<Result<std::optional<QByteArray>>>(
            [&](auto done) { m_store.read(name, done); });
        say("read: " + wordFor(result));
        tellWhy(result);
    }
    void remove()
    {
        say("remove: " + wordFor(answerOf<Result<void>>([&](auto done) {
                m_store.remove("device-key", done);
            })));
    }
    void waitUntilAvailable()
    {
        const auto result =
            answerOf<Result<void>>([&](auto done) { m_store.whenAvailable([done] { done({}); }); });
        say("available: " + wordFor(result));
    }

    void play(const QString &scenario)
    {
        if (scenario == "unlocked") {
            read();
            write("a secret");
            read();
            read("another-name");
            write("a newer secret");
            read();
            remove();
            read();
            remove();
        } else if (scenario == "locked") {
            write("a secret");
            say(lockAll() ? "locked" : "lock failed");
            read();
            write("never");
            say(unlockAll() ? "unlocked" : "unlock failed");
            waitUntilAvailable();
            read();
        } else {
            read();
            write("a secret");
        }
    }

private:
    template<typename T> static void tellWhy(const Result<T> &result)
    {
        if (!result)
            say("  " + result.error().message);
    }

    KeychainStore m_store;
};

int playInside(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QString scenario = app.arguments().value(2);
    const bool hasDaemon = scenario == "unlocked" || scenario == "locked";
    if (hasDaemon && !startDaemon()) {
        say("no daemon");
        return 1;
    }
    // Twice, each on a thread of its own: an engine may be made again in one process.
    const int rounds = scenario == "unlocked" ? 2 : 1;
    for (int round = 0; round < rounds; ++round) {
        std::unique_ptr<QThread> engine(
            QThread::create([&] { Inside(app.arguments().value(3)).play(scenario); }));
        QObject::connect(engine.get(), &QThread::finished, &app, &QCoreApplication::quit);
        engine->start();
        QCoreApplication::exec();
        engine->wait();
    }
    return 0;
}

} // namespace

class IdentityKeychainTest : public QObject {
    Q_OBJECT

private slots:
    void tells_data()
    {
        QTest::addColumn<QString>("scenario");
        QTest::addColumn<QStringList>("expected");
        const QStringList lifecycle{"read: nothing", "write: ok",     "read: a secret",
                                    "read: nothing", "write: ok",     "read: a newer secret",
                                    "remove: ok",    "read: nothing", "remove: ok"};
        QTest::newRow("unlocked, on two threads in turn") << "unlocked" << lifecycle + lifecycle;
        QTest::newRow("locked, then unlocked")
            << "locked"
            << QStringList{
                   "write: ok", "locked",        "read: secrets-locked", "write: secrets-locked",
                   "unlocked",  "available: ok", "read: a secret"};
        QTest::newRow("no service installed")
            << "missing" << QStringList{"read: secrets-unavailable", "write: secrets-unavailable"};
        QTest::newRow("a service that hangs at its start")
            << "silent" << QStringList{"read: secrets-unavailable", "write: secrets-unavailable"};
        QTest::newRow("no session bus")
            << "no-bus" << QStringList{"read: secrets-unavailable", "write: secrets-unavailable"};
    }
    void tells()
    {
        QFETCH(QString, scenario);
        QFETCH(QStringList, expected);
        QTemporaryDir home;
        const QString output = playedInBus(scenario, home);
        QStringList told;
        for (const QString &line : output.split(u'\n', Qt::SkipEmptyParts)) {
            if (!line.startsWith(u' '))
                told.append(line);
        }
        QVERIFY2(told == expected, qPrintable(output));
    }

private:
    static QString playedInBus(const QString &scenario, const QTemporaryDir &home)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        for (const char *name :
             {"HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"})
            environment.insert(QLatin1String(name), home.path());
        for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "KDE_FULL_SESSION",
                                 "DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP"})
            environment.remove(QLatin1String(name));
        process.setProcessEnvironment(environment);
        process.setProcessChannelMode(QProcess::ForwardedErrorChannel);

        const QStringList inside{QCoreApplication::applicationFilePath(), "--inside", scenario,
                                 home.filePath("profile")};
        QStringList arguments;
        if (scenario == "missing" || scenario == "silent")
            arguments << "--config-file=" + busConfiguration(scenario, home);
        if (scenario == "no-bus")
            process.start(inside.value(0), inside.mid(1));
        else
            process.start("dbus-run-session", arguments + QStringList{"--"} + inside);
        if (!process.waitForFinished(100'000))
            process.kill();
        return QString::fromUtf8(process.readAllStandardOutput());
    }

    /// A bus that knows no service at all, or one that is started and never comes.
    static QString busConfiguration(const QString &scenario, const QTemporaryDir &home)
    {
        QString services;
        if (scenario == "silent") {
            QFile service(home.filePath("org.freedesktop.secrets.service"));
            if (service.open(QIODevice::WriteOnly))
                service.write("[D-BUS Service]\nName=org.freedesktop.secrets\n"
                              "Exec=/bin/sleep 10\n");
            services = "<servicedir>" + home.path() + "</servicedir>";
        }
        QFile file(home.filePath("bus.conf"));
        if (file.open(QIODevice::WriteOnly))
            file.write(("<busconfig><type>session</type><listen>unix:tmpdir=" + home.path()
                        + "</listen>" + services
                        + "<policy context=\"default\"><allow send_destination=\"*\" "
                          "eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/>"
                          "</policy></busconfig>")
                           .toUtf8());
        return file.fileName();
    }
};

int main(int argc, char **argv)
{
    if (argc > 2 && QByteArray(argv[1]) == "--inside")
        return playInside(argc, argv);
    for (const char *tool : {"dbus-run-session", "dbus-send", "gnome-keyring-daemon"}) {
        if (QStandardPaths::findExecutable(QLatin1String(tool)).isEmpty()) {
            std::printf("SKIPPED: %s is not installed\n", tool);
            return 0;
        }
    }
    QCoreApplication app(argc, argv);
    IdentityKeychainTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "identity_keychain_test.moc"
