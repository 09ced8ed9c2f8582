// Either side of a transfer crashes at any operation on its disk, again and again: killed, or
// the power fails and of what was not synced some is there and some is not. After each crash
// no final name may stand for less than a whole item; in the end everything is there, once.

#include "core/transfer/hash_notes.h"
#include "core/transfer/send_ticket.h"
#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/sanitized.h"
#include "tests/support/transfer_pair.h"

#include <QDeadlineTimer>
#include <QTest>

#include <algorithm>
#include <numeric>
#include <random>

using namespace postern;
using namespace postern::test;

namespace {

const char *const DESTINATION = "/into";
const char *const JOURNALS = "/profile";
constexpr std::uint64_t ROUNDS = SANITIZED ? 300 : 2'000;
constexpr qsizetype HOLE = 200'000; ///< enough to be told as one
const DeviceId SENDER = *DeviceId::fromBytes(viewOf(QByteArray(32, 'a')));
const QByteArray PART_PREFIX = ".postern-part-";

/// One process from its start to its end, however that comes.
struct Life {
    Life(std::uint64_t seed, std::shared_ptr<FileSystem> files)
        : executor(seed)
        , side(std::move(files), executor, JOURNALS)
    {
        side.endsWithChannel = false;
    }
    SteppedExecutor executor;
    TransferSide side;
};

class Run {
public:
    explicit Run(std::uint64_t seed)
        : m_random(seed)
    {
    }
    ~Run()
    {
        kill(m_sender);
        kill(m_receiver);
    }

    /// What is wrong with the outcome; empty if nothing.
    QString play();
    int crashes() const { return m_crashes; }

private:
    bool oneIn(int n) { return m_random() % n == 0; }
    void makeDisks();
    void startSender();
    void startReceiver();
    void connect();
    void disconnect();
    void kill(std::unique_ptr<Life> &life);
    void crashReceiver();
    void crashSender();
    bool step();
    QString judge(bool complete);
    QString judgeHashes(const std::shared_ptr<MemoryFileSystem> &disk, const QByteArray &beside,
                        bool all);
    QString judgeItem(const QByteArray &root, const MemoryNode &node);

    std::mt19937_64 m_random;
    std::shared_ptr<MemoryFileSystem> m_from = std::make_shared<MemoryFileSystem>();
    std::shared_ptr<MemoryFileSystem> m_into = std::make_shared<MemoryFileSystem>();
    std::shared_ptr<const Source> m_source;
    const TransferId m_id = *TransferId::fromBytes(viewOf(QByteArray(16, 't')));
    std::unique_ptr<LoopbackPair> m_channel;
    std::unique_ptr<Life> m_sender;
    std::unique_ptr<Life> m_receiver;
    QByteArrayList m_roots;
    MemoryTree m_offered;
    MemoryTree m_before;
    quint64 m_attachments = 0;
    std::uint64_t m_operations = 0;
    std::uint64_t m_crashAt = 0; ///< the receiver's disk stops at this operation
    bool m_dead = false;
    int m_crashes = 0;
    bool m_lostPower = false;
    qint64 m_told = 0; ///< as verified, before the receiver was killed
};

void Run::makeDisks()
{
    const int roots = 1 + static_cast<int>(m_random() % 12);
    for (int i = 0; i < roots; ++i) {
        const QString root = QStringLiteral("/src/item %1").arg(i, 2, 10, QLatin1Char('0'));
        m_roots.append(root.section('/', -1).toUtf8());
        const int files = oneIn(2) ? 1 : static_cast<int>(2 + m_random() % 8);
        for (int f = 0; f < files; ++f) {
            const qsizetype sizes[] = {0, 1, 700, 5'000, 70'000, 300'000, 1'100'000};
            QByteArray bytes = content(sizes[m_random() % (oneIn(4) ? 7 : 5)], m_random());
            if (oneIn(3)) // a hole, perhaps at its begin or end
                bytes.replace(bytes.size() / 3, bytes.size() / 2, QByteArray(HOLE, '\0'));
            m_from->put(files == 1 ? root : root + QStringLiteral("/%1/f%2").arg(f % 2).arg(f),
                        bytes);
        }
        if (files != 1 && oneIn(3))
            (void)m_from->folder(root + "/zz empty");
        if (files != 1 && oneIn(3))
            m_from->link(root + QStringLiteral("/%1/link").arg(m_random() % 2), "../0/f0");
    }
    m_from->holes = true;
    m_offered = m_from->tree(m_from->folder("/src"));
    (void)m_from->folder(JOURNALS);
    (void)m_into->folder(DESTINATION);
    (void)m_into->folder(JOURNALS);
    if (oneIn(2))
        m_into->put(QString(DESTINATION) + "/item 00", "already here");
    m_into->syncAll();
    m_before = m_into->tree(m_into->folder(DESTINATION));
    m_into->fault = [this](const char *) -> std::optional<Error> {
        m_dead = m_dead || ++m_operations == m_crashAt;
        if (m_dead)
            return Error{ErrorCode::Internal, QStringLiteral("nobody is there any more")};
        return std::nullopt;
    };
}

void Run::startSender()
{
    m_sender = std::make_unique<Life>(m_random(), m_from);
    OutgoingOptions options;
    options.journals = JOURNALS;
    if (m_attachments > 0)
        options.attachmentsBefore = m_attachments;
    m_sender->side.send(m_source, options, m_id);
}

void Run::startReceiver()
{
    m_dead = false;
    m_receiver = std::make_unique<Life>(m_random(), m_into);
    m_receiver->side.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
}

void Run::connect()
{
    LoopbackOptions options;
    options.window = std::size_t{4096} << (m_random() % 9);
    options.chunk = std::size_t{1024} << (m_random() % 7);
    options.deviceA = SENDER;
    options.deviceB = *DeviceId::fromBytes(viewOf(QByteArray(32, 'b')));
    m_channel = std::make_unique<LoopbackPair>(options);
    m_receiver->side.link->attach(m_channel->b());
    m_sender->side.link->attach(m_channel->a());
    ++m_attachments;
}

void Run::disconnect()
{
    if (!m_channel)
        return;
    m_channel->cut({ErrorCode::Disconnected, QStringLiteral("gone")});
    m_channel->pump();
}

/// Nothing it still had in mind is done.
void Run::kill(std::unique_ptr<Life> &life)
{
    disconnect();
    if (life) {
        life->side.incoming.clear();
        life->side.outgoing.clear();
        life->side.link.reset();
    }
    life.reset();
}

void Run::crashReceiver()
{
    m_dead = true;
    m_crashAt = 0;
    ++m_crashes;
    const auto sent = m_sender->side.outgoing.at(0)->snapshot();
    if (!sent.resuming && !sent.stalled) // else it only remembers what an earlier life told
        m_told = sent.bytes;
    kill(m_receiver);
    if (oneIn(2)) {
        m_told = 0;
        m_lostPower = true;
        m_into->powerLoss(oneIn(2) ? MemoryFileSystem::Names::AsNow
                                   : MemoryFileSystem::Names::AsSynced,
                          m_random);
    }
}

void Run::crashSender()
{
    ++m_crashes;
    kill(m_sender);
}

bool Run::step()
{
    auto &first = oneIn(2) ? m_sender : m_receiver;
    auto &second = &first == &m_sender ? m_receiver : m_sender;
    return (oneIn(2) && m_channel->pump(1)) || first->executor.step() || second->executor.step()
        || m_channel->pump(1);
}

QString Run::judgeItem(const QByteArray &root, const MemoryNode &node)
{
    MemoryTree got;
    if (node.kind == FileKind::File)
        got[root] = node.bytes;
    else
        got[root + '/'] = {};
    if (node.kind == FileKind::Folder)
        for (const auto &[path, bytes] : m_into->tree(node))
            got[root + '/' + path] = bytes;
    MemoryTree offered;
    for (const auto &[path, bytes] : m_offered)
        if (path == root || path.startsWith(root + '/'))
            offered[path] = bytes;
    return got == offered ? QString() : QString("not whole: " + root);
}

/// Content below that was read again.
qint64 bytesRead(const MemoryNode &node)
{
    return std::accumulate(
        node.children.begin(), node.children.end(), node.bytesRead,
        [](qint64 sum, const auto &child) { return sum + bytesRead(*child.second); });
}

/// What the notes say of the files' hashes: never a wrong one, and where `all` of them.
QString Run::judgeHashes(const std::shared_ptr<MemoryFileSystem> &disk, const QByteArray &beside,
                         bool all)
{
    const Manifest &manifest = m_source->manifest;
    HashNotes notes({disk, JOURNALS}, beside, manifest.count());
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
        if (!manifest.isFile(entry))
            continue;
        const QByteArray noted = notes.files(entry, 1);
        FileHash hash;
        hash.add(viewOf(m_offered.at(manifest.path(entry).toUtf8())));
        if (noted == QByteArray(HashNotes::HASH_BYTES, '\0') ? all
                                                             : noted != toByteArray(hash.end()))
            return beside.first(3) + ": the hash of " + manifest.path(entry);
    }
    return {};
}

QString Run::judge(bool complete)
{
    MemoryNode &destination = m_into->folder(DESTINATION);
    const MemoryTree now = m_into->tree(destination);
    for (const auto &[path, bytes] : m_before)
        if (!now.contains(path) || now.at(path) != bytes)
            return "touched what was there before: " + path;
    QByteArrayList arrived;
    for (const auto &[name, node] : destination.children) {
        if (m_before.contains(name))
            continue;
        if (name.startsWith(PART_PREFIX)) {
            if (complete)
                return "left its hidden folder behind";
            continue;
        }
        QByteArray root = name;
        if (root.endsWith(" (2)"))
            root.chop(4);
        if (!m_roots.contains(root) || arrived.contains(root))
            return "a name too many: " + name;
        arrived.append(root);
        if (const QString wrong = judgeItem(root, *node); !wrong.isEmpty())
            return wrong;
    }
    // Of the file under way, for its hash; else what is verified is never looked at again.
    if (bytesRead(destination) >= (m_crashes + 1) * FileHash::PIECE)
        return "read back what it had received";
    if (complete && arrived.size() != m_roots.size())
        return "lost: " + QString::number(m_roots.size() - arrived.size());
    return {};
}

QString Run::play()
{
    makeDisks();
    const std::atomic<bool> cancelled = false;
    QStringList paths;
    for (const QByteArray &root : m_roots)
        paths.append("/src/" + root);
    const auto source = scanSource(*m_from, paths, cancelled);
    if (!source)
        return source.error().message;
    m_source = *source;
    startSender();
    startReceiver();
    connect();
    for (int left = static_cast<int>(m_random() % 5); left > 0; --left) {
        const bool sender = oneIn(4);
        std::uint64_t steps = m_random() % 600;
        m_crashAt = sender ? 0 : m_operations + 1 + m_random() % (oneIn(2) ? 20 : 150);
        while (!m_dead && (!sender || steps-- > 0) && step()) { }
        const auto sent = m_sender->side.outgoing.at(0)->snapshot();
        if (isFinal(sent.stage) && !m_dead)
            break;
        if (sent.stage == TransferStage::Transferring && !sent.resuming && sent.bytes < m_told)
            return "asked anew for what it had told to be verified";
        if (!sender)
            crashReceiver();
        if (sender || oneIn(4))
            crashSender();
        if (const QString wrong = judge(false); !wrong.isEmpty())
            return "after a crash: " + wrong;
        if (!m_sender)
            startSender();
        if (!m_receiver)
            startReceiver();
        connect();
    }
    m_crashAt = 0;
    for (int i = 0; i < 1'000'000; ++i)
        if (!step() && !m_sender->executor.skipToTimer() && !m_receiver->executor.skipToTimer())
            break;
    const auto sent = m_sender->side.outgoing.at(0)->snapshot();
    if (sent.stage != TransferStage::Delivered)
        return QStringLiteral("the sender is in %1: %2")
            .arg(int(sent.stage))
            .arg(sent.problem ? sent.problem->message : QString());
    if (const QString wrong = judge(true); !wrong.isEmpty())
        return wrong;
    const QString wrong = judgeHashes(m_from, sendTicketName(m_id), true);
    return wrong.isEmpty() ? judgeHashes(m_into, receiveJournalName(SENDER, m_id), !m_lostPower)
                           : wrong;
}

} // namespace

class TransferCrashesTest : public QObject {
    Q_OBJECT

private slots:
    void losesNothing()
    {
        // The same lives in every run; ./dev soak plays others.
        const int wanted = qEnvironmentVariableIntValue("POSTERN_SIMULATION_ROUNDS");
        const int seconds = qEnvironmentVariableIntValue("POSTERN_SIMULATION_SECONDS");
        const std::uint64_t rounds = wanted ? static_cast<std::uint64_t>(wanted) : ROUNDS;
        const auto first = qEnvironmentVariableIsSet("POSTERN_SIMULATION_SEED")
            ? qEnvironmentVariable("POSTERN_SIMULATION_SEED").toULongLong()
            : 1ULL;
        qInfo("first seed %llu", static_cast<unsigned long long>(first));
        const QDeadlineTimer end(std::chrono::seconds{seconds});
        int crashes = 0;
        std::uint64_t seed = first;
        for (; seconds > 0 ? !end.hasExpired() : seed < first + rounds; ++seed) {
            Run run(seed);
            if (const QString wrong = run.play(); !wrong.isEmpty())
                QFAIL(qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(wrong)));
            crashes += run.crashes();
        }
        qInfo("%llu seeds", static_cast<unsigned long long>(seed - first));
        qInfo("%d crashes", crashes);
    }
};

QTEST_GUILESS_MAIN(TransferCrashesTest)
#include "transfer_crashes_test.moc"
