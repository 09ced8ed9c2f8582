#pragma once
// One run of one command: it starts, lives in the event loop, and ends once with an exit
// code. Here is what all of them share: signing in with the stored account within a bounded
// time, and telling failures. Thread: main thread only.

#include "app/cli/console.h"
#include "app/cli/exit_codes.h"
#include "core/engine.h"

#include <QTimer>

namespace postern::cli {

class Command : public QObject {
    Q_OBJECT

public:
    Command(Engine &engine, Console &console);

    virtual void start() = 0;
    /// Ctrl+C. Ends at once unless a command has something to put in order first.
    virtual void interrupt();

    /// How long a server may take to answer before it counts as down.
    static constexpr auto SERVER_PATIENCE = 15s;

signals:
    void ended(postern::cli::ExitCode code);

protected:
    /// Signs in with the profile's account, then calls `next`; fails within SERVER_PATIENCE.
    void connectThen(std::function<void()> next);
    /// The callback of an engine's answer: `next` if it is good, else the end; bounded too.
    Engine::Done expecting(std::function<void()> next);

    void finish(ExitCode code);
    virtual void fail(const Error &error, ExitCode code); ///< says the sentence and finishes
    void fail(const Error &error, Stage stage);

    Engine &engine() { return m_engine; }
    Console &console() { return m_console; }
    bool isOver() const { return m_over; }

private:
    void serverIsSilent();

    Engine &m_engine;
    Console &m_console;
    QTimer m_patience;
    bool m_over = false;
};

} // namespace postern::cli
