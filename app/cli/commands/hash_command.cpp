#include "app/cli/commands/hash_command.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"

#include <QFileInfo>

namespace postern::cli {

HashCommand::HashCommand(Engine &engine, Console &console, HashArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void HashCommand::start() { next(); }

void HashCommand::next()
{
    if (m_done >= m_arguments.paths.size()) {
        finish(ExitCode::Done);
        return;
    }
    const QString path = m_arguments.paths[m_done];
    engine().hashFile(
        QFileInfo(path).absoluteFilePath(), this, [this, path](const Result<QByteArray> &hash) {
            if (!hash) {
                fail(hash.error(), Stage::Sending);
                return;
            }
            const QString digits = QString::fromLatin1(hash->toHex());
            console().print(m_arguments.json
                                ? jsonLine({{"path", path}, {"hash", digits}})
                                : QStringLiteral("%1  %2").arg(digits, plainText(path)));
            ++m_done;
            next();
        });
}

} // namespace postern::cli
