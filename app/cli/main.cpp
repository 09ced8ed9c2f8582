// postern-cli: the engine without a screen, for servers, scripts, tests and benchmarks.

#include "app/cli/command_line.h"
#include "app/cli/system_console.h"

#include <QCoreApplication>

int main(int argc, char *argv[])
{
    postern::cli::assureUtf8Locale();
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("postern"));
    QCoreApplication::setApplicationVersion(QStringLiteral(POSTERN_VERSION));
    postern::cli::SystemConsole console;
    return postern::cli::runCommandLine(QCoreApplication::arguments(), console,
                                        postern::createEngine);
}
