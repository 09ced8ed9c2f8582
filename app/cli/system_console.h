#pragma once
// The console of the process: its standard streams, and the terminal behind them if there
// is one. A reader that went away (a closed pipe) is no error of ours: the rest is not
// written, and the command goes on. Thread: main thread only.

#include "app/cli/console.h"
#include "app/cli/terminal_device.h"

namespace postern::cli {

class SystemConsole : public Console {
public:
    SystemConsole();
    ~SystemConsole() override;

    void print(const QString &line) override;
    void warn(const QString &line) override;
    void showInPlace(const QString &line) override;
    bool isTerminal() const override { return m_outIsTerminal; }
    bool canAsk() const override { return m_canAsk; }
    int columns() const override { return terminalColumns(); }
    void ask(const QString &question, LineTyped answer) override;
    void withdrawQuestion() override;
    void readLines(LineTyped line) override;
    void readKeys(KeyPressed pressed) override;
    Result<QByteArray> readInput(qint64 most) override;
    Result<QString> askSecret(const QString &question) override;

private:
    void answered(std::optional<QString> line);
    void clearLineInPlace();
    /// Standard input goes to one of the two: to keys while nothing is asked.
    void listenForLines();
    void listenForKeys();

    bool m_outIsTerminal;
    bool m_canAsk;
    bool m_lineInPlace = false;
    LineTyped m_answer;
    LineTyped m_line;
    KeyPressed m_keyPressed;
    std::unique_ptr<LineReader> m_reader;
    std::unique_ptr<KeyReader> m_keys;
};

} // namespace postern::cli
