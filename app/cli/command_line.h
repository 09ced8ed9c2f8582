#pragma once
// The command line as a whole: what it understands, its help, its completion, and running
// what it says. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/exit_codes.h"
#include "core/engine.h"

namespace CLI {
class App;
}

namespace postern::cli {

/// Something to print at once (help, version, a completion script, a usage error).
struct Answer {
    QString text;
    ExitCode code = ExitCode::Done;
};

/// `arguments` as of QCoreApplication::arguments(), the program's name first.
std::variant<Invocation, Answer> parseCommandLine(const QStringList &arguments);

using EngineMaker = std::function<std::unique_ptr<Engine>(const EngineOptions &)>;

/// Parses, makes the engine if one is needed, runs the command in the event loop to its end.
int runCommandLine(const QStringList &arguments, Console &console, const EngineMaker &makeEngine);

} // namespace postern::cli
