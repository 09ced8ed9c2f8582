#include "app/cli/commands/command.h"

#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

namespace postern::cli {

Command::Command(Engine &engine, Console &console)
    : m_engine(engine)
    , m_console(console)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, &Command::serverIsSilent);
    connect(&engine, &Engine::secretsProblem, this,
            [this](const Error &problem) { fail(problem, Stage::Session); });
}

void Command::interrupt() { finish(ExitCode::Interrupted); }

void Command::connectThen(std::function<void()> next)
{
    if (!m_engine.storedAccount()) {
        fail({ErrorCode::InvalidArgument,
              Cli::tr("This profile has no account yet; run \"postern-cli register\" for a new "
                      "one or \"postern-cli sign-in\" for one you have.")},
             ExitCode::Usage);
        return;
    }
    m_engine.connectStored(this, expecting(std::move(next)));
}

Engine::Done Command::expecting(std::function<void()> next)
{
    m_patience.start(SERVER_PATIENCE);
    return [this, next = std::move(next)](const Result<void> &answer) {
        m_patience.stop();
        if (m_over)
            return;
        if (answer)
            next();
        else
            fail(answer.error(), Stage::Session);
    };
}

void Command::finish(ExitCode code)
{
    if (std::exchange(m_over, true))
        return;
    m_patience.stop();
    emit ended(code);
}

void Command::fail(const Error &error, ExitCode code)
{
    if (m_over)
        return;
    m_console.warn(plainText(error.message));
    finish(code);
}

void Command::fail(const Error &error, Stage stage) { fail(error, exitCodeFor(error.code, stage)); }

void Command::serverIsSilent()
{
    const auto session = m_engine.session();
    if (session.problem) {
        fail(*session.problem, Stage::Session);
        return;
    }
    fail({ErrorCode::Unavailable,
          Cli::tr("The server did not answer within %1 seconds; check its address and your "
                  "network, then try again.")
              .arg(std::chrono::seconds(SERVER_PATIENCE).count())},
         Stage::Session);
}

} // namespace postern::cli
