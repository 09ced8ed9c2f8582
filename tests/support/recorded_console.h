#pragma once
// A console that keeps what a command says and answers what a test tells it to.

#include "app/cli/console.h"

#include <QStringList>

namespace postern::cli {

class RecordedConsole : public Console {
public:
    QStringList printed;
    QStringList warned; ///< errors and questions
    QStringList shown; ///< in place
    QStringList secrets; ///< what will be typed without echo
    LineTyped openQuestion;
    LineTyped lineTyped; ///< of --control
    KeyPressed keyPressed; ///< empty: keys mean nothing now
    QByteArray input; ///< all of standard input
    bool terminal = false;
    bool person = false;
    int width = 80;

    void print(const QString &line) override { printed << line; }
    void warn(const QString &line) override { warned << line; }
    void showInPlace(const QString &line) override { shown << line; }
    bool isTerminal() const override { return terminal; }
    bool canAsk() const override { return person; }
    int columns() const override { return width; }
    void ask(const QString &question, LineTyped answer) override
    {
        warned << question;
        openQuestion = std::move(answer);
    }
    void withdrawQuestion() override { openQuestion = nullptr; }
    void readLines(LineTyped line) override { lineTyped = std::move(line); }
    void readKeys(KeyPressed pressed) override { keyPressed = std::move(pressed); }
    Result<QByteArray> readInput(qint64 most) override { return input.left(most + 1); }
    Result<QString> askSecret(const QString &question) override
    {
        warned << question;
        if (secrets.isEmpty())
            return Error{ErrorCode::Cancelled, QStringLiteral("Nobody answered.")};
        return secrets.takeFirst();
    }

    void type(const QString &line)
    {
        if (const auto answer = std::exchange(openQuestion, nullptr))
            answer(line);
    }
};

} // namespace postern::cli
