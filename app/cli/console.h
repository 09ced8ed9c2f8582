#pragma once
// Where a command speaks and listens. Two of them: the process's own standard streams
// (SystemConsole) and the recorded one of tests. Lines are given without their newline and
// already fit for a terminal. Thread: main thread only.

#include "core/base/result.h"

#include <QByteArray>

#include <functional>
#include <optional>

namespace postern::cli {

class Console {
public:
    /// The line typed; std::nullopt at the end of input.
    using LineTyped = std::function<void(std::optional<QString>)>;
    using KeyPressed = std::function<void(QChar)>;

    virtual ~Console() = default;

    virtual void print(const QString &line) = 0; ///< standard output
    virtual void warn(const QString &line) = 0; ///< standard error: errors and questions
    /// Shows the line in place of the one shown before; empty takes it away. Only where
    /// isTerminal(); does nothing while a question waits for its answer.
    virtual void showInPlace(const QString &line) = 0;

    virtual bool isTerminal() const = 0; ///< standard output is one
    virtual bool canAsk() const = 0; ///< a person can read a question and type an answer
    virtual int columns() const = 0;

    /// Asks on standard error; the answer comes later, from the event loop.
    virtual void ask(const QString &question, LineTyped answer) = 0;
    /// Gives up the question that is open, if one is.
    virtual void withdrawQuestion() = 0;
    /// Standard input line by line from now on, std::nullopt at its end; then nothing is asked.
    virtual void readLines(LineTyped line) = 0;
    /// Each key as it is pressed, where canAsk() and isTerminal(); not while a question is open.
    /// Empty: no more.
    virtual void readKeys(KeyPressed pressed) = 0;
    /// All of standard input; of more than `most` bytes, `most` + 1. Waits for its end.
    virtual Result<QByteArray> readInput(qint64 most) = 0;
    /// Asks without echo and waits for the answer.
    virtual Result<QString> askSecret(const QString &question) = 0;
};

} // namespace postern::cli
