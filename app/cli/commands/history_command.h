#pragma once
// history: what was sent and received, as the profile remembers it; no network is needed.
// Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class HistoryCommand : public Command {
    Q_OBJECT

public:
    HistoryCommand(Engine &engine, Console &console, HistoryArguments arguments);
    void start() override;

private:
    void list(const QList<HistoryEntry> &entries);
    void askForFiles(qint64 from);
    void listFiles(qint64 from, const HistoryFilesPage &page);
    Engine::Done saying(const QString &sentence);

    HistoryArguments m_arguments;
};

/// One transfer on one line, for people.
QString historyLine(const HistoryEntry &entry);

} // namespace postern::cli
