#pragma once
// What a terminal can be asked that Qt has no word for. The only file of app/cli that differs
// between systems, beside interrupts. Thread: main thread only.

#include "core/base/result.h"

#include <QObject>

#include <functional>
#include <memory>
#include <optional>

namespace postern::cli {

enum class Stream { In = 0, Out = 1, Error = 2 };

/// Makes the process speak UTF-8 where the environment names no locale, as in cron and
/// containers. Before QCoreApplication, which complains otherwise.
void assureUtf8Locale();

bool isTerminal(Stream stream);

/// 80 where it can't be told.
int terminalColumns();

/// Reads one line from standard input without showing it. Fails with Cancelled at the end of
/// input or on an interrupt.
Result<QString> readWithoutEcho();

/// Undoes readWithoutEcho()'s or a KeyReader's change of the terminal; safe in a signal handler.
void restoreEcho();

/// Reads standard input in the background, line by line, while it exists.
class LineReader : public QObject {
    Q_OBJECT

public:
    explicit LineReader(QObject *parent = nullptr);
    ~LineReader() override;

    void stop(); ///< reads no more

signals:
    void lineTyped(const QString &line);
    void ended();

private:
    void readSome();

    QByteArray m_partial;
    struct Source;
    std::unique_ptr<Source> m_source;
};

/// Reads single keys, unseen, while it exists and the terminal is ours: a job in the background
/// leaves it alone.
class KeyReader : public QObject {
    Q_OBJECT

public:
    explicit KeyReader(QObject *parent = nullptr);
    ~KeyReader() override;

    void stop(); ///< reads no more; the terminal is as it was

signals:
    void pressed(QChar key);

private:
    void readSome();

    struct Source;
    std::unique_ptr<Source> m_source;
};

} // namespace postern::cli
