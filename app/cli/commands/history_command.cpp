#include "app/cli/commands/history_command.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <QFileInfo>

namespace postern::cli {

namespace {

constexpr int WIDEST_NAME = 40;
constexpr int FILES_A_PAGE = 1'000;

QString resultText(const HistoryEntry &entry)
{
    switch (entry.result) {
    case TransferState::Delivered: return Cli::tr("delivered");
    case TransferState::Declined: return Cli::tr("declined");
    case TransferState::Cancelled: return Cli::tr("cancelled");
    default: return Cli::tr("failed");
    }
}

QString amountText(const HistoryEntry &entry)
{
    if (!entry.text.isEmpty())
        return Cli::tr("a text");
    const auto files =
        entry.files == 1 ? Cli::tr("1 file") : Cli::tr("%n files", nullptr, int(entry.files));
    return Cli::tr("%1, %2").arg(files, byteCount(entry.totalBytes));
}

/// How it went, beside the result: the paths, the speed, or what was in the way.
QStringList circumstances(const HistoryEntry &entry)
{
    QStringList parts{resultText(entry)};
    if (!entry.pathKinds.isEmpty())
        parts << Cli::tr("by %1").arg(entry.pathKinds.join(QStringLiteral(" + ")).toUpper());
    if (entry.relayedBytes > 0)
        parts << Cli::tr("%1 by relay").arg(byteCount(entry.relayedBytes));
    if (entry.result == TransferState::Delivered && entry.averageRate >= 1)
        parts << Cli::tr("%1/s").arg(byteCount(qint64(entry.averageRate)));
    if (!entry.problem.isEmpty())
        parts << plainText(entry.problem);
    return parts;
}

} // namespace

QString historyLine(const HistoryEntry &entry)
{
    const auto who = entry.direction == Direction::Sending ? Cli::tr("to %1") : Cli::tr("from %1");
    return QStringLiteral("%1  %2  %3  %4 (%5)  %6")
        .arg(QString::number(entry.key).rightJustified(5),
             entry.endedAt.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH:mm")),
             who.arg(plainText(entry.contact)), elided(plainText(entry.title), WIDEST_NAME),
             amountText(entry), circumstances(entry).join(QStringLiteral(", ")));
}

HistoryCommand::HistoryCommand(Engine &engine, Console &console, HistoryArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void HistoryCommand::start()
{
    switch (m_arguments.action) {
    case HistoryAction::List:
        engine().searchHistory(m_arguments.query, this,
                               [this](const Result<QList<HistoryEntry>> &found) {
                                   if (found)
                                       list(*found);
                                   else
                                       fail(found.error(), Stage::Receiving);
                               });
        break;
    case HistoryAction::Files: askForFiles(0); break;
    case HistoryAction::Export: {
        const auto file = QFileInfo(m_arguments.file).absoluteFilePath();
        engine().exportHistory(file, this,
                               saying(Cli::tr("The history is in %1.").arg(plainText(file))));
        break;
    }
    case HistoryAction::Clear:
        engine().clearHistory(m_arguments.key, this,
                              saying(m_arguments.key == 0
                                         ? Cli::tr("The history is empty now.")
                                         : Cli::tr("Entry %1 is gone.").arg(m_arguments.key)));
        break;
    }
}

void HistoryCommand::list(const QList<HistoryEntry> &entries)
{
    for (const auto &entry : entries)
        console().print(m_arguments.json ? jsonLine(historyObject(entry)) : historyLine(entry));
    if (m_arguments.json) {
        finish(ExitCode::Done);
        return;
    }
    if (entries.isEmpty())
        console().print(m_arguments.query.words.isEmpty()
                            ? Cli::tr("Nothing was sent or received yet.")
                            : Cli::tr("No transfer has those words."));
    else if (entries.size() >= m_arguments.query.most)
        console().print(Cli::tr("Older ones: add --before %1.").arg(entries.last().key));
    finish(ExitCode::Done);
}

/// Page by page: what is printed is not kept.
void HistoryCommand::askForFiles(qint64 from)
{
    engine().historyFiles({m_arguments.key, from, FILES_A_PAGE}, this,
                          [this, from](const Result<HistoryFilesPage> &page) {
                              if (isOver())
                                  return;
                              if (page)
                                  listFiles(from, *page);
                              else
                                  fail(page.error(), Stage::Receiving);
                          });
}

void HistoryCommand::listFiles(qint64 from, const HistoryFilesPage &page)
{
    for (const auto &file : page.files) {
        if (m_arguments.json)
            console().print(jsonLine(historyFileObject(file)));
        else
            console().print(QStringLiteral("%1  %2  %3")
                                .arg(QString::fromLatin1(file.hash.toHex()).leftJustified(32),
                                     byteCount(file.bytes).rightJustified(10),
                                     plainText(file.path)));
    }
    const qint64 told = from + page.files.size();
    if (!page.last) {
        askForFiles(told);
        return;
    }
    if (told == 0 && !m_arguments.json)
        console().print(Cli::tr("No files are remembered of entry %1.").arg(m_arguments.key));
    finish(ExitCode::Done);
}

Engine::Done HistoryCommand::saying(const QString &sentence)
{
    return [this, sentence](const Result<void> &done) {
        if (!done) {
            fail(done.error(), Stage::Receiving);
            return;
        }
        console().print(sentence);
        finish(ExitCode::Done);
    };
}

} // namespace postern::cli
