#include "tests/support/cli_person.h"

#include <QCoreApplication>
#include <QDir>
#include <QJsonDocument>
#include <QTest>

#include <csignal>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace postern::test {

namespace {

QString program() { return QDir(QCoreApplication::applicationDirPath()).filePath("postern-cli"); }

int milliseconds(std::chrono::milliseconds patience) { return int(patience.count()); }

} // namespace

CliRun::CliRun(const QStringList &arguments, Terminal terminal)
{
    QObject::connect(&m_process, &QProcess::readyReadStandardOutput, &m_process,
                     [this] { m_out += m_process.readAllStandardOutput(); });
    QObject::connect(&m_process, &QProcess::readyReadStandardError, &m_process,
                     [this] { m_errors += m_process.readAllStandardError(); });
    if (terminal == Terminal::ForQuestions)
        openTerminal();
    else if (terminal == Terminal::None)
        m_process.setStandardInputFile(QProcess::nullDevice());
    m_process.start(program(), arguments);
    m_process.waitForStarted();
    if (m_theirs >= 0)
        ::close(m_theirs);
}

CliRun::~CliRun()
{
    if (m_process.state() != QProcess::NotRunning) {
        m_process.kill();
        m_process.waitForFinished();
    }
    if (m_terminal >= 0)
        ::close(m_terminal);
}

void CliRun::openTerminal()
{
    m_terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (m_terminal < 0 || ::grantpt(m_terminal) != 0 || ::unlockpt(m_terminal) != 0)
        qFatal("no pseudo-terminal is to be had");
    m_theirs = ::open(::ptsname(m_terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ::fcntl(m_terminal, F_SETFL, O_NONBLOCK);
    // Between fork and exec: async-signal-safe calls only.
    m_process.setChildProcessModifier([theirs = m_theirs] {
        ::setsid();
        ::ioctl(theirs, TIOCSCTTY, 0);
        ::dup2(theirs, STDIN_FILENO);
        ::dup2(theirs, STDERR_FILENO);
    });
}

bool CliRun::finish(std::chrono::milliseconds patience)
{
    return QTest::qWaitFor([this] { return m_process.state() == QProcess::NotRunning; },
                           milliseconds(patience));
}

int CliRun::exitCode() const
{
    return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
}

QString CliRun::out() { return QString::fromUtf8(m_out); }

QString CliRun::errors()
{
    char buffer[4096];
    for (ssize_t count = 1; m_terminal >= 0 && count > 0;) {
        count = ::read(m_terminal, buffer, sizeof buffer);
        if (count > 0)
            m_errors.append(buffer, count);
    }
    return QString::fromUtf8(m_errors);
}

QList<QJsonObject> CliRun::events()
{
    QList<QJsonObject> events;
    const auto complete = m_out.left(m_out.lastIndexOf('\n') + 1).split('\n');
    for (const auto &line : complete) {
        if (line.isEmpty())
            continue;
        auto object = QJsonDocument::fromJson(line).object();
        if (!object.contains("event"))
            object["event"] = "?";
        events << object;
    }
    return events;
}

QJsonObject CliRun::event(const QString &name)
{
    QJsonObject found;
    for (const auto &event : events())
        if (event["event"] == name)
            found = event;
    return found;
}

QStringList CliRun::eventNames()
{
    QStringList names;
    for (const auto &event : events())
        if (const auto name = event["event"].toString();
            name != u"progress" || !names.contains(name))
            names << name;
    return names;
}

bool CliRun::awaitEvent(const QString &name, std::chrono::milliseconds patience)
{
    return QTest::qWaitFor([&] { return !event(name).isEmpty(); }, milliseconds(patience));
}

bool CliRun::awaitError(const QString &words, std::chrono::milliseconds patience)
{
    return QTest::qWaitFor([&] { return errors().contains(words); }, milliseconds(patience));
}

QString CliRun::everything()
{
    return QStringLiteral("exit code %1\n--- out\n%2--- errors\n%3")
        .arg(exitCode())
        .arg(out(), errors());
}

void CliRun::type(const QByteArray &keys)
{
    if (m_terminal < 0) {
        m_process.write(keys);
        return;
    }
    if (::write(m_terminal, keys.constData(), std::size_t(keys.size())) != keys.size())
        qFatal("nothing can be typed on the terminal");
}

void CliRun::endInput() { m_process.closeWriteChannel(); }

void CliRun::signal(int number) { ::kill(pid_t(m_process.processId()), number); }

QByteArray passwordOf(const QString &name) { return "the long password of " + name.toUtf8(); }

CliPerson::CliPerson(const QString &name, const QString &server)
    : m_name(name)
    , m_server(server)
{
}

QString CliPerson::writePassword(const QByteArray &password)
{
    QFile file(folder("password"));
    if (!file.open(QIODevice::WriteOnly) || file.write(password + '\n') < 0)
        qFatal("no password file can be written");
    return file.fileName();
}

std::unique_ptr<CliRun> CliPerson::start(const QStringList &arguments,
                                         CliRun::Terminal terminal) const
{
    return std::make_unique<CliRun>(
        QStringList{"--profile", profile(), "--secrets", "file"} + arguments, terminal);
}

std::unique_ptr<CliRun> CliPerson::run(const QStringList &arguments) const
{
    auto run = start(arguments);
    run->finish();
    return run;
}

bool CliPerson::registerAccount()
{
    const auto done = run({"register", "--server", m_server, "--user", m_name, "--password-file",
                           writePassword(passwordOf(m_name))});
    if (done->exitCode() != 0)
        qWarning().noquote() << done->everything();
    return done->exitCode() == 0;
}

bool CliPerson::befriend(const CliPerson &other)
{
    return run({"contacts", "add", other.name()})->exitCode() == 0
        && other.run({"contacts", "accept", name()})->exitCode() == 0;
}

bool CliPerson::awaitReceiving(const QString &contact) const
{
    return QTest::qWaitFor(
        [&] {
            for (const auto &peer : run({"peers", "--json"})->events())
                if (peer["name"] == contact && peer["receiving"].toBool())
                    return true;
            return false;
        },
        20000);
}

} // namespace postern::test
