// Whole transfers in memory and virtual time, with something going wrong at a moment that a
// seed chooses: a cancel, a lost connection, a failing or full disk, a source that changes,
// a power loss. Whatever happens, a final name only ever stands for a whole file.

#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

#include <random>

using namespace postern;
using namespace postern::test;

namespace {

enum class Trouble {
    None,
    SenderCancels,
    ReceiverCancels,
    ReceiverDeclines,
    ConnectionLost,
    SenderGone,
    ReceiverGone,
    WriteFails,
    DiskFills,
    ReadFails,
    SourceChanges,
    SourceVanishes,
    PowerLossNamesKept,
    PowerLossNamesLost,
    COUNT
};

const char *const DESTINATION = "/into";
const QByteArray PART_PREFIX = ".postern-part-";

/// One run. The random engine decides the tree, the trouble and every interleaving.
class Run {
public:
    explicit Run(std::uint64_t seed)
        : m_random(seed)
        , m_trouble(static_cast<Trouble>(m_random() % static_cast<int>(Trouble::COUNT)))
        , m_pair(m_from, m_into, seed, options())
    {
    }

    /// What is wrong with the outcome; empty if nothing.
    QString play();

private:
    LoopbackOptions options()
    {
        LoopbackOptions made;
        made.window = std::size_t{1024} << (m_random() % 11);
        made.chunk = std::size_t{512} << (m_random() % 8);
        return made;
    }
    bool oneIn(int n) { return m_random() % n == 0; }
    void makeSource();
    void makeDestination();
    void arm();
    void strike();
    QString victim();
    bool step();
    QString judge();
    QString judgeItem(const QByteArray &name, const MemoryNode &node);
    MemoryTree expected(const QByteArray &root) const;

    std::mt19937_64 m_random;
    Trouble m_trouble;
    std::shared_ptr<MemoryFileSystem> m_from = std::make_shared<MemoryFileSystem>();
    std::shared_ptr<MemoryFileSystem> m_into = std::make_shared<MemoryFileSystem>();
    TransferPair m_pair;
    MemoryTree m_offered; ///< what was scanned
    QByteArrayList m_roots;
    QStringList m_files;
    MemoryTree m_before; ///< in the destination
    std::set<QByteArray> m_spoilt; ///< offered files that need not arrive
    std::uint64_t m_strikeAt = 0;
    std::uint64_t m_steps = 0;
    bool m_struck = false;
    bool m_powerLost = false;
    bool m_diskBroken = false;
};

void Run::makeSource()
{
    const int roots = 1 + static_cast<int>(m_random() % 4);
    for (int i = 0; i < roots; ++i) {
        const QString root = QStringLiteral("/src/item %1").arg(i);
        m_roots.append(root.section('/', -1).toUtf8());
        const int files = oneIn(2) ? 1 : static_cast<int>(m_random() % 20);
        if (files != 1)
            (void)m_from->folder(root);
        for (int f = 0; f < files; ++f) {
            const qsizetype sizes[] = {0, 1, 700, 40'000, 262'144, 262'145, 900'000};
            const qsizetype size = sizes[m_random() % (oneIn(4) ? 7 : 4)];
            const QString path =
                files == 1 ? root : root + QStringLiteral("/%1/f%2").arg(f % 3).arg(f);
            m_from->put(path, content(size, m_random()));
            m_files.append(path);
        }
        if (files != 1 && oneIn(2))
            (void)m_from->folder(root + "/empty");
    }
    m_offered = m_from->tree(m_from->folder("/src"));
}

void Run::makeDestination()
{
    (void)m_into->folder(DESTINATION);
    if (oneIn(2))
        m_into->put(QString(DESTINATION) + "/item 0", "already here");
    if (oneIn(2))
        m_into->put(QString(DESTINATION) + "/item 1/already", "here");
    m_into->syncAll();
    m_before = m_into->tree(m_into->folder(DESTINATION));
}

/// Sets up what strikes from within the disk.
void Run::arm()
{
    m_strikeAt = m_random() % (oneIn(2) ? 60 : 600);
    const auto failing = [this](bool reads) {
        return [this, reads,
                left = m_random() % 80](const char *operation) mutable -> std::optional<Error> {
            const auto isIn = [operation](const QByteArrayList &some) {
                return some.contains(QByteArray(operation));
            };
            // What tidies up afterwards looks, too.
            const bool isRead = isIn({"read", "open"});
            if (isRead != reads
                || isIn({"remove", "info", "list", "open folder", "lock", "seek", "read link"})
                || left-- > 0)
                return std::nullopt;
            m_diskBroken = m_diskBroken || !reads;
            if (reads)
                left = m_random() % 20; // and later again
            return Error{ErrorCode::Internal, QStringLiteral("input/output error")};
        };
    };
    if (m_trouble == Trouble::WriteFails)
        m_into->fault = failing(false);
    if (m_trouble == Trouble::SourceChanges || m_trouble == Trouble::SourceVanishes)
        m_from->fault = [this, left = m_random() % 12](const char *operation) mutable {
            if (qstrcmp(operation, "read") == 0 && left-- == 0 && !std::exchange(m_struck, true))
                strike(); // between two blocks of a file, often
            return std::optional<Error>();
        };
    if (m_trouble == Trouble::ReadFails) {
        m_from->fault = failing(true);
        for (const QString &path : m_files)
            m_spoilt.insert(path.mid(5).toUtf8());
    }
}

QString Run::victim()
{
    if (m_files.isEmpty())
        return {};
    const auto size = [this](const QString &path) {
        return m_offered.at(path.mid(5).toUtf8()).size();
    };
    if (oneIn(2)) // the one most likely to be under way
        return *std::max_element(
            m_files.begin(), m_files.end(),
            [&](const QString &a, const QString &b) { return size(a) < size(b); });
    return m_files[qsizetype(m_random() % m_files.size())];
}

/// What strikes from outside, between two steps.
void Run::strike()
{
    const Error lost{ErrorCode::Disconnected, QStringLiteral("cable pulled")};
    auto &sending = *m_pair.a.outgoing.at(0);
    const QString victim = this->victim();
    switch (m_trouble) {
    case Trouble::SenderCancels: sending.cancel(); break;
    case Trouble::ReceiverCancels:
        if (!m_pair.b.incoming.empty())
            m_pair.b.incoming[0]->cancel();
        break;
    case Trouble::ConnectionLost: m_pair.channels.cut(lost); break;
    case Trouble::SenderGone: m_pair.a.outgoing.clear(); break;
    case Trouble::ReceiverGone: m_pair.b.incoming.clear(); break;
    case Trouble::DiskFills: m_into->capacity = m_into->used() + qint64(m_random() % 1000); break;
    case Trouble::SourceChanges:
    case Trouble::SourceVanishes:
        if (victim.isEmpty())
            break;
        m_spoilt.insert(victim.mid(5).toUtf8());
        if (m_trouble == Trouble::SourceVanishes)
            m_from->remove(victim);
        else
            m_from->put(victim,
                        content(oneIn(2) ? m_offered.at(victim.mid(5).toUtf8()).size()
                                         : qsizetype(m_random() % 300'000),
                                m_random()));
        break;
    case Trouble::PowerLossNamesKept:
    case Trouble::PowerLossNamesLost:
        m_powerLost = true;
        m_into->powerLoss(m_trouble == Trouble::PowerLossNamesKept
                              ? MemoryFileSystem::Names::AsNow
                              : MemoryFileSystem::Names::AsSynced);
        break;
    default: break;
    }
}

bool Run::step()
{
    const bool pumpFirst = oneIn(2);
    return (pumpFirst && m_pair.pump()) || m_pair.executor.step() || m_pair.pump()
        || m_pair.executor.skipToTimer();
}

/// What the item would be if all of it that is not spoilt arrived.
MemoryTree Run::expected(const QByteArray &root) const
{
    MemoryTree tree;
    for (const auto &[path, bytes] : m_offered)
        if (path == root || path.startsWith(root + '/'))
            tree[path.mid(root.size())] = bytes;
    return tree;
}

QString Run::judgeItem(const QByteArray &name, const MemoryNode &node)
{
    QByteArray root = name;
    if (root.endsWith(" (2)"))
        root.chop(4);
    if (!m_roots.contains(root))
        return "a name nobody sent: " + name;
    MemoryTree got;
    if (node.kind == FileKind::File) {
        got[""] = node.bytes;
    } else {
        got["/"] = {};
        for (const auto &[path, bytes] : m_into->tree(node))
            got['/' + path] = bytes;
    }
    const MemoryTree offered = expected(root);
    for (const auto &[path, bytes] : got)
        if (!offered.contains(path) || offered.at(path) != bytes)
            return "torn or foreign: " + name + path;
    for (const auto &[path, bytes] : offered)
        if (!got.contains(path) && !m_spoilt.contains(root + path))
            return "not all there: " + name + path;
    return {};
}

QString Run::judge()
{
    MemoryNode &destination = m_into->folder(DESTINATION);
    const MemoryTree now = m_into->tree(destination);
    for (const auto &[path, bytes] : m_before)
        if (!now.contains(path) || now.at(path) != bytes)
            return "touched what was there before: " + path;
    int arrived = 0;
    for (const auto &[name, node] : destination.children) {
        if (m_before.contains(name) || m_before.contains(name + '/'))
            continue;
        if (name.startsWith(PART_PREFIX)) {
            if (!m_powerLost)
                return "left its hidden folder behind";
            continue;
        }
        ++arrived;
        if (const QString wrong = judgeItem(name, *node); !wrong.isEmpty())
            return wrong;
    }
    if (m_pair.a.outgoing.empty())
        return {};
    const auto &sending = *m_pair.a.outgoing[0];
    if (sending.stage() == TransferStage::Delivered && arrived != m_roots.size())
        return "said to be delivered, but is not";
    if (m_powerLost)
        return {};
    if (!isFinal(sending.stage()))
        return QStringLiteral("the sender never ended: %1").arg(int(sending.stage()));
    for (const auto &incoming : m_pair.b.incoming)
        if (!isFinal(incoming->stage()))
            return QStringLiteral("the receiver never ended: %1").arg(int(incoming->stage()));
    if (m_trouble == Trouble::None && sending.stage() != TransferStage::Delivered)
        return "failed for no reason: " + sending.snapshot().problem->message;
    if (m_pair.a.link->busy() || (m_pair.b.link->busy() && !m_pair.b.incoming.empty()))
        return "holds on to streams";
    return {};
}

QString Run::play()
{
    makeSource();
    makeDestination();
    const std::atomic<bool> cancelled = false;
    QStringList paths;
    for (const QByteArray &root : m_roots)
        paths.append("/src/" + root);
    const auto source = scanSource(*m_from, paths, cancelled);
    if (!source)
        return source.error().message;
    arm();
    m_pair.b.onOffer = [this](Incoming &offer) {
        if (m_trouble == Trouble::ReceiverDeclines)
            offer.decline();
        else
            offer.accept(DESTINATION);
    };
    m_pair.a.send(*source);
    while (!m_powerLost) {
        if (!m_struck && m_steps++ == m_strikeAt) {
            m_struck = true;
            strike();
            continue;
        }
        if (!step())
            break;
    }
    return judge();
}

} // namespace

class TransferFaultsTest : public QObject {
    Q_OBJECT

private slots:
    void neverShowsHalfAFile()
    {
        const int rounds = qEnvironmentVariableIntValue("POSTERN_SIMULATION_ROUNDS");
        const auto first = qEnvironmentVariableIsSet("POSTERN_SIMULATION_SEED")
            ? qEnvironmentVariable("POSTERN_SIMULATION_SEED").toULongLong()
            : std::random_device()();
        qInfo("first seed %llu", static_cast<unsigned long long>(first));
        for (std::uint64_t seed = first; seed < first + (rounds ? rounds : 2000); ++seed) {
            Run run(seed);
            if (const QString wrong = run.play(); !wrong.isEmpty())
                QFAIL(qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(wrong)));
        }
    }

    void takesUnknownFreeSpaceForEnough()
    {
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        into->tellsFreeSpace = false;
        (void)into->folder(DESTINATION);
        from->put("/src/a", "some");
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*from, {"/src/a"}, cancelled);
        QVERIFY(source.ok());
        TransferPair pair(from, into);
        std::optional<DestinationCheck> check;
        pair.b.onOffer = [&check](Incoming &offer) {
            offer.check(DESTINATION, {}, [&check](DestinationCheck found) { check = found; });
            offer.accept(DESTINATION);
        };
        pair.a.send(*source);
        QVERIFY(pair.settle());
        QVERIFY(check && !check->problem && check->freeBytes < 0);
        QCOMPARE(pair.a.outgoing[0]->stage(), TransferStage::Delivered);
    }

    void carriesAttributes_data()
    {
        QTest::addColumn<bool>("keeps");
        QTest::newRow("to a disk that keeps them") << true;
        QTest::newRow("to one that does not") << false;
    }
    void carriesAttributes()
    {
        QFETCH(const bool, keeps);
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        into->keepsAttributes = keeps;
        (void)into->folder(DESTINATION);
        for (const char *name : {"/src/dir/a", "/src/dir/b", "/src/dir/plain"})
            from->put(name, "content");
        auto &source = from->folder("/src/dir").children;
        source["a"]->attributes = {{"comment", "mine"},
                                   {"xdg.origin.url", "https://forged.example"},
                                   {"xdg.tags", QByteArray("\0\xff", 2)}};
        source["b"]->attributes = {{"small", ""}, {"too long", QByteArray(5000, 'x')}};
        const std::atomic<bool> cancelled = false;
        const auto scanned = scanSource(*from, {"/src/dir"}, cancelled);
        QVERIFY(scanned.ok());
        QCOMPARE((*scanned)->notes.size(), 1); // of what is too long
        TransferPair pair(from, into);
        pair.b.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
        pair.a.send(*scanned);
        QVERIFY(pair.settle());
        QCOMPARE(pair.a.outgoing[0]->stage(), TransferStage::Delivered);
        const auto &got = into->folder(QString(DESTINATION) + "/dir").children;
        const FileAttributes ofA{{"comment", "mine"}, {"xdg.tags", QByteArray("\0\xff", 2)}};
        const FileAttributes ofB{{"small", ""}};
        QCOMPARE(got.at("a")->attributes, keeps ? ofA : FileAttributes());
        QCOMPARE(got.at("b")->attributes, keeps ? ofB : FileAttributes());
        QCOMPARE(got.at("plain")->attributes, FileAttributes());
        QVERIFY(!got.at("a")->origin.isEmpty());
        QCOMPARE(pair.b.incoming[0]->snapshot().notes.size(), keeps ? 0 : 1);
    }

    void carriesAttributesOfFolders_data() { carriesAttributes_data(); }
    void carriesAttributesOfFolders()
    {
        QFETCH(const bool, keeps);
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        into->keepsAttributes = keeps;
        const FileAttributes theirs{{"comment", "was here before"}};
        into->folder(QString(DESTINATION) + "/dir").attributes = theirs;
        from->put("/src/dir/in/file", "content");
        MemoryNode &dir = from->folder("/src/dir");
        dir.attributes = {{"comment", "mine"}, {"xdg.origin.url", "https://forged.example"}};
        dir.children["in"]->attributes = {{"small", ""}, {"too long", QByteArray(5000, 'x')}};
        from->folder("/src/dir/plain");
        constexpr int MANY = 3'000; // pages of them
        for (int i = 0; i < MANY; ++i)
            from->folder(QStringLiteral("/src/dir/many/%1").arg(i)).attributes = {
                {"number", QByteArray::number(i)}};
        dir.mtimeNs = 1'234'567'890'000'000'000;
        dir.children["in"]->mtimeNs = 1'234'567'891'000'000'000;
        const std::atomic<bool> cancelled = false;
        const auto scanned = scanSource(*from, {"/src/dir"}, cancelled);
        QVERIFY(scanned.ok());
        QCOMPARE((*scanned)->notes.size(), 1); // of what is too long
        TransferPair pair(from, into);
        pair.b.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
        pair.a.send(*scanned);
        QVERIFY(pair.settle());
        QCOMPARE(pair.a.outgoing[0]->stage(), TransferStage::Delivered);
        const auto expected = [keeps](const FileAttributes &attributes) {
            return keeps ? attributes : FileAttributes();
        };
        const auto &places = into->folder(DESTINATION).children;
        QCOMPARE(places.size(), std::size_t{2});
        QCOMPARE(places.at("dir")->attributes, theirs); // not merged with
        MemoryNode &got = *places.at("dir (2)");
        QCOMPARE(got.attributes, expected({{"comment", "mine"}}));
        QCOMPARE(got.children.at("in")->attributes, expected({{"small", ""}}));
        QCOMPARE(got.children.at("in")->children.at("file")->attributes, FileAttributes());
        QCOMPARE(got.children.at("plain")->attributes, FileAttributes());
        QCOMPARE(got.mtimeNs, dir.mtimeNs);
        QCOMPARE(got.children.at("in")->mtimeNs, dir.children["in"]->mtimeNs);
        for (int i = 0; i < MANY; ++i)
            QCOMPARE(got.children.at("many")->children.at(QByteArray::number(i))->attributes,
                     expected({{"number", QByteArray::number(i)}}));
        QCOMPARE(pair.b.incoming[0]->snapshot().notes.size(), keeps ? 1 : 2); // one of the name
    }

    void keepsNamesApartThatTheDiskTakesForOne()
    {
        auto from = std::make_shared<MemoryFileSystem>();
        auto into = std::make_shared<MemoryFileSystem>();
        into->foldsCase = true;
        (void)into->folder(DESTINATION);
        from->put("/src/dir/Readme", "1");
        from->put("/src/dir/README", "2");
        from->put("/src/dir/Sub/x", "3");
        from->put("/src/dir/sub/x", "4");
        const std::atomic<bool> cancelled = false;
        const auto source = scanSource(*from, {"/src/dir"}, cancelled);
        QVERIFY(source.ok());
        TransferPair pair(from, into);
        pair.b.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
        pair.a.send(*source);
        QVERIFY(pair.settle());
        const MemoryTree expected{{"README", "2"}, {"Readme (2)", "1"}, {"Sub/", {}},
                                  {"Sub/x", "3"},  {"sub (2)/", {}},    {"sub (2)/x", "4"}};
        QCOMPARE(into->tree(into->folder(QString(DESTINATION) + "/dir")), expected);
        QCOMPARE(pair.b.incoming[0]->snapshot().notes.size(), 2);
    }
};

QTEST_GUILESS_MAIN(TransferFaultsTest)
#include "transfer_faults_test.moc"
