#include "core/engine/history_desk.h"

#include "core/base/log.h"
#include "core/transfer/file_hash.h"
#include "core/transfer/sentences.h"

#include <QCoreApplication>

namespace postern {

namespace {

HistoryEntry entryOf(const TransferInfo &transfer, const QString &device)
{
    HistoryEntry entry;
    entry.id = transfer.id;
    entry.direction = transfer.direction;
    entry.contact = transfer.contact;
    entry.device = device;
    entry.title = transfer.title;
    entry.text = transfer.text;
    entry.files = transfer.files;
    entry.bytes = transfer.bytes;
    entry.totalBytes = transfer.totalBytes;
    entry.startedAt = transfer.startedAt;
    entry.endedAt = QDateTime::currentDateTime();
    entry.result = transfer.state;
    entry.problem = transfer.problem ? transfer.problem->message : QString();
    entry.pathKinds = transfer.pathKinds;
    entry.relayedBytes = transfer.relayedBytes;
    if (transfer.elapsedMs > 0)
        entry.averageRate =
            static_cast<double>(transfer.bytes) * 1000.0 / static_cast<double>(transfer.elapsedMs);
    entry.location = transfer.location;
    return entry;
}

Result<QByteArray> hashOfPath(const QString &path, const std::atomic<bool> &stopped)
{
    const auto files = systemFileSystem();
    const auto place = files->resolve(path);
    const auto folder = place ? files->openFolderNative(place->folder) : place.error();
    const auto file = folder ? (*folder)->openFile(place->name) : folder.error();
    const auto hash = file ? hashOf(**file, stopped) : file.error();
    if (!hash && hash.error().code == ErrorCode::FileNotFound)
        return sentences::sourceMissing(path);
    if (!hash)
        return sentences::sourceUnreadable(path);
    return toByteArray(*hash);
}

Error nowhere()
{
    return {ErrorCode::Unavailable,
            QCoreApplication::translate("postern::HistoryDesk",
                                        "There is no profile to keep a history in.")};
}

} // namespace

HistoryDesk::HistoryDesk(Executor &executor, std::function<void()> changed)
    : m_executor(executor)
    , m_changed(std::move(changed))
    , m_lane(executor.makeLane())
{
}

void HistoryDesk::setFile(const QString &file)
{
    m_store = file.isEmpty() ? nullptr : std::make_shared<const HistoryStore>(file);
}

template<typename Value>
void HistoryDesk::ask(std::function<Result<Value>(const HistoryStore &)> question,
                      std::function<void(Result<Value>)> done)
{
    if (!m_store)
        return done(nowhere());
    m_lane->run([store = m_store, question = std::move(question), done = std::move(done),
                 life = m_guard.watch()]() -> Continuation {
        return [life, done, answer = question(*store)] {
            if (!life.expired())
                done(answer);
        };
    });
}

void HistoryDesk::add(const HistoryEntry &entry, const Files &files, Done done)
{
    ask<void>([entry, files](const HistoryStore &store) { return store.add(entry, files.next); },
              [this, done = std::move(done)](const Result<void> &added) {
                  if (added)
                      m_changed();
                  done(added);
              });
}

void HistoryDesk::record(const TransferInfo &transfer, const QString &device, Files files)
{
    if (!m_kept.remove(transfer.id) && m_store)
        add(entryOf(transfer, device), files, [](const Result<void> &added) {
            if (!added)
                qCWarning(logEngine) << "Not in the history:" << added.error().message;
        });
    m_lane->run([over = std::move(files.over)]() -> Continuation {
        over();
        return {};
    });
}

void HistoryDesk::keepText(const TransferInfo &transfer, Done done)
{
    HistoryEntry entry = entryOf(transfer, {});
    entry.result = TransferState::Delivered;
    entry.bytes = transfer.totalBytes;
    add(entry, {[] { return std::nullopt; }, {}},
        [this, id = transfer.id, done = std::move(done)](const Result<void> &added) {
            if (added)
                m_kept.insert(id);
            done(added);
        });
}

void HistoryDesk::search(const HistoryQuery &query,
                         std::function<void(Result<QList<HistoryEntry>>)> done)
{
    ask<QList<HistoryEntry>>([query](const HistoryStore &store) { return store.search(query); },
                             std::move(done));
}

void HistoryDesk::files(const HistoryFilesQuery &query,
                        std::function<void(Result<HistoryFilesPage>)> done)
{
    ask<HistoryFilesPage>([query](const HistoryStore &store) { return store.files(query); },
                          std::move(done));
}

void HistoryDesk::exportTo(const QString &file, Done done)
{
    ask<void>([file](const HistoryStore &store) { return store.exportTo(file); }, std::move(done));
}

void HistoryDesk::clear(qint64 key, Done done)
{
    ask<void>([key](const HistoryStore &store) { return store.clear(key); },
              [this, done = std::move(done)](const Result<void> &cleared) {
                  if (cleared)
                      m_changed();
                  done(cleared);
              });
}

void HistoryDesk::hash(const QString &path, std::function<void(Result<QByteArray>)> done)
{
    m_executor.makeLane()->run([path, done = std::move(done), stopped = m_stopped,
                                life = m_guard.watch()]() -> Continuation {
        return [life, done, hash = hashOfPath(path, *stopped)] {
            if (!life.expired())
                done(hash);
        };
    });
}

} // namespace postern
