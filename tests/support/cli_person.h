#pragma once
// People who use the real postern-cli: a profile each, runs of the program with everything
// they said, and a terminal to answer on where one is needed.

#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QTemporaryDir>

#include <chrono>
#include <memory>

namespace postern::test {

using namespace std::chrono_literals;

/// One run of a program, from its start to its end.
class CliRun {
public:
    enum class Terminal { None, ForQuestions, Lines };

    CliRun(const QStringList &arguments, Terminal terminal = Terminal::None);
    ~CliRun(); ///< ends the process if it still runs

    bool finish(std::chrono::milliseconds patience = 120s);
    int exitCode() const;

    /// Standard output so far, as the JSON contract has it; a line that is none is an event "?".
    QList<QJsonObject> events();
    QJsonObject event(const QString &name); ///< the last of that name; empty if there is none
    QStringList eventNames(); ///< "progress" but once
    bool awaitEvent(const QString &name, std::chrono::milliseconds patience = 30s);

    QString out();
    QString errors();
    bool awaitError(const QString &words, std::chrono::milliseconds patience = 30s);
    QString everything(); ///< for the message of a failed check

    void type(const QByteArray &keys); ///< on the terminal, or, for Lines, into the pipe
    void endInput(); ///< of Lines
    void signal(int number);

private:
    void openTerminal();

    QProcess m_process;
    QByteArray m_out;
    QByteArray m_errors;
    int m_terminal = -1; ///< our end of it
    int m_theirs = -1;
};

class CliPerson {
public:
    CliPerson(const QString &name, const QString &server);

    QString name() const { return m_name; }
    QString folder(const QString &below = {}) const { return m_folder.filePath(below); }
    QString profile() const { return folder("profile"); }
    QString writePassword(const QByteArray &password); ///< the file's name

    std::unique_ptr<CliRun> start(const QStringList &arguments,
                                  CliRun::Terminal terminal = CliRun::Terminal::None) const;
    /// Started and ended.
    std::unique_ptr<CliRun> run(const QStringList &arguments) const;

    bool registerAccount(); ///< the password is passwordOf(name)
    bool befriend(const CliPerson &other);
    bool awaitReceiving(const QString &contact) const; ///< until we see them take files

private:
    QString m_name;
    QString m_server;
    QTemporaryDir m_folder;
};

QByteArray passwordOf(const QString &name);

} // namespace postern::test
