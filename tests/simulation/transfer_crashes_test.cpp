// Either side of a transfer crashes at any operation on its disk, again and again: killed, or
// the power fails and of what was not synced some is there and some is not. After each crash
// no final name may stand for less than a whole item; in the end everything is there, once.

#include "tests/support/crash_scene.h"
#include "tests/support/disk_tree.h"
#include "tests/support/sanitized.h"

#include <QDeadlineTimer>
#include <QTest>

using namespace postern;
using namespace postern::test;

namespace {

constexpr std::uint64_t ROUNDS = SANITIZED ? 300 : 10'000;
constexpr qsizetype HOLE = 200'000; ///< enough to be told as one

QString root(int number)
{
    return QStringLiteral("/src/item %1").arg(number, 2, 10, QLatin1Char('0'));
}

// --- seeds ---------------------------------------------------------------------------------

class Run {
public:
    explicit Run(std::uint64_t seed)
        : m_scene(seed)
    {
    }
    /// What is wrong with the outcome; empty if nothing.
    QString play();
    int crashes() const { return m_crashes; }

private:
    void makeDisks();
    QString live();
    void crash(Side side);

    CrashScene m_scene;
    int m_crashes = 0;
    qint64 m_told = 0; ///< as verified, before the receiver was killed
};

void Run::makeDisks()
{
    CrashScene &s = m_scene;
    const int roots = 1 + static_cast<int>(s.random() % 12);
    for (int i = 0; i < roots; ++i) {
        const int files = s.oneIn(2) ? 1 : static_cast<int>(2 + s.random() % 8);
        for (int f = 0; f < files; ++f) {
            const qsizetype sizes[] = {0, 1, 700, 5'000, 70'000, 300'000, 1'100'000};
            QByteArray bytes = content(sizes[s.random() % (s.oneIn(4) ? 7 : 5)], s.random());
            if (s.oneIn(3)) // a hole, perhaps at its begin or end
                bytes.replace(bytes.size() / 3, bytes.size() / 2, QByteArray(HOLE, '\0'));
            s.from->put(files == 1 ? root(i)
                                   : root(i) + QStringLiteral("/%1/f%2").arg(f % 2).arg(f),
                        bytes);
        }
        if (files != 1 && s.oneIn(3))
            (void)s.from->folder(root(i) + "/zz empty");
        if (files != 1 && s.oneIn(3))
            s.from->link(root(i) + QStringLiteral("/%1/link").arg(s.random() % 2), "../0/f0");
    }
    s.from->holes = true;
    if (s.oneIn(2))
        s.into->put("/into/item 00", "already here");
    s.begin();
}

/// One life of whoever is not alive, up to an operation of a disk where it stops.
QString Run::live()
{
    CrashScene &s = m_scene;
    const Side victim = s.oneIn(3) ? Side::Sender : Side::Receiver;
    DiskFault &fault = s.fault(victim);
    fault.stopsAt = fault.operations + 1 + s.random() % (s.oneIn(2) ? 40 : 400);
    s.line.window = std::size_t{4096} << (s.random() % 9);
    s.line.chunk = std::size_t{1024} << (s.random() % 7);
    if (s.start())
        s.run();
    const auto sent = s.sent();
    const qint64 unnoted = sent.totalBytes / 8192; // see Staging::noteProgress()
    const bool knows = sent.stage == TransferStage::Transferring && !sent.resuming && !sent.stalled;
    if (knows && sent.bytes + unnoted < m_told)
        return "asked anew for what it had told to be verified";
    if (victim == Side::Receiver)
        m_told = knows ? sent.bytes : m_told;
    if (isFinal(sent.stage) && !s.anyStopped())
        return {};
    crash(victim);
    if (s.oneIn(4))
        crash(victim == Side::Sender ? Side::Receiver : Side::Sender);
    return s.judge();
}

void Run::crash(Side side)
{
    CrashScene &s = m_scene;
    ++m_crashes;
    s.kill(side);
    if (s.oneIn(2))
        return;
    s.losePower(side,
                s.oneIn(2) ? MemoryFileSystem::Names::AsNow : MemoryFileSystem::Names::AsSynced,
                true);
    if (side == Side::Receiver)
        m_told = 0;
}

QString Run::play()
{
    makeDisks();
    CrashScene &s = m_scene;
    for (auto left = s.random() % 5; left > 0 && !isFinal(s.sent().stage); --left)
        if (const QString wrong = live(); !wrong.isEmpty())
            return "after a crash: " + wrong;
    s.fault(Side::Sender).stopsAt = s.fault(Side::Receiver).stopsAt = 0;
    if (!isFinal(s.sent().stage) && s.start())
        s.run();
    const auto sent = s.sent();
    if (sent.stage != TransferStage::Delivered)
        return QStringLiteral("the sender is in %1: %2")
            .arg(int(sent.stage))
            .arg(sent.problem ? sent.problem->message : QString());
    if (s.isPartLeft())
        return "left its hidden folder behind";
    // Of the file under way, for its hash; else what is verified is never looked at again.
    if (s.bytesReadAgain() >= (m_crashes + 1) * FileHash::PIECE)
        return "read back what it had received";
    const QString wrong = s.judgeDelivered();
    return wrong.isEmpty() ? s.judgeHashes() : wrong;
}

// --- every operation -------------------------------------------------------------------------

enum class Stop { Killed, PowerNamesKept, PowerNamesLost, PowerTorn };

/// A small transfer with one of everything.
void makeSmall(CrashScene &scene)
{
    scene.from->put(root(0), content(1'500, 1));
    scene.from->put(root(1) + "/0/f0",
                    content(70'000, 2) + QByteArray(HOLE, '\0') + content(100, 3));
    scene.from->put(root(1) + "/0/f1", {});
    scene.from->link(root(1) + "/1/link", "../0/f0");
    (void)scene.from->folder(root(1) + "/zz empty");
    scene.from->put(root(2), content(300'000, 4));
    scene.from->holes = true;
    scene.into->put("/into/item 00", "already here");
    scene.line.window = 64 * 1024;
    scene.line.chunk = 32 * 1024;
    scene.begin();
}

QString stopsAt(std::uint64_t seed, Side side, std::uint64_t operation, Stop how)
{
    CrashScene scene(seed);
    makeSmall(scene);
    scene.fault(side).stopsAt = operation;
    if (scene.start())
        scene.run();
    if (!scene.fault(side).stopped)
        return "it did not come so far";
    scene.kill(side);
    if (how != Stop::Killed)
        scene.losePower(side,
                        how == Stop::PowerNamesLost ? MemoryFileSystem::Names::AsSynced
                                                    : MemoryFileSystem::Names::AsNow,
                        how == Stop::PowerTorn);
    if (const QString wrong = scene.judge(); !wrong.isEmpty())
        return "after the crash: " + wrong;
    if (!scene.start())
        return "it can't be started again";
    scene.run();
    if (scene.sent().stage != TransferStage::Delivered)
        return QStringLiteral("the sender is in %1").arg(int(scene.sent().stage));
    if (scene.isPartLeft())
        return "left its hidden folder behind";
    const QString wrong = scene.judgeDelivered();
    return wrong.isEmpty() ? scene.judgeHashes() : wrong;
}

/// The operations that looking for what must go, or taking it away, is made of.
bool tidies(const QByteArray &operation)
{
    return QByteArrayList{"remove", "list", "info", "open folder", "lock"}.contains(operation);
}

QString failsAt(std::uint64_t seed, Side side, std::uint64_t operation, ErrorCode code)
{
    CrashScene scene(seed);
    makeSmall(scene);
    DiskFault &fault = scene.fault(side);
    fault.failsAt = operation;
    fault.failure = code;
    if (!scene.start() && !scene.start()) // as a person would try again
        return "it can't be started";
    scene.run();
    const auto sent = scene.sent();
    if (fault.failed.isEmpty())
        return "it did not come so far";
    if (scene.isPartLeft() && !tidies(fault.failed))
        return "left its hidden folder behind at: " + fault.failed;
    if (sent.stage == TransferStage::Delivered)
        return scene.judgeDelivered(sent.notes.isEmpty() ? CrashScene::Items::Whole
                                                         : CrashScene::Items::Lacking);
    if (!isFinal(sent.stage))
        return QStringLiteral("it stands still in %1").arg(int(sent.stage));
    if (!sent.problem)
        return "it failed without a reason";
    if (const QString wrong = scene.judge(CrashScene::Items::Lacking); !wrong.isEmpty())
        return wrong;
    scene.sendAnew();
    if (!scene.start())
        return "it can't be sent again";
    scene.run();
    if (scene.sent().stage != TransferStage::Delivered)
        return QStringLiteral("sent again, the sender is in %1").arg(int(scene.sent().stage));
    return scene.judgeThere();
}

/// How many operations a transfer takes that nothing befalls.
std::uint64_t operationsOf(std::uint64_t seed, Side side)
{
    CrashScene scene(seed);
    makeSmall(scene);
    if (scene.start())
        scene.run();
    return scene.sent().stage == TransferStage::Delivered ? scene.fault(side).operations : 0;
}

} // namespace

Q_DECLARE_METATYPE(Side)

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

    void anyOperation_data()
    {
        QTest::addColumn<Side>("side");
        QTest::addColumn<std::uint64_t>("seed");
        for (const std::uint64_t seed : {1, 2, 3}) {
            QTest::addRow("sender %d", int(seed)) << Side::Sender << seed;
            QTest::addRow("receiver %d", int(seed)) << Side::Receiver << seed;
        }
    }
    /// Stops, and fails, at each single operation of one disk.
    void anyOperation()
    {
        QFETCH(const Side, side);
        QFETCH(const std::uint64_t, seed);
        const std::uint64_t count = operationsOf(seed, side);
        QVERIFY(count > 20);
        const auto check = [&](std::uint64_t at, const char *how, int which, const QString &wrong) {
            return wrong.isEmpty() ? QString()
                                   : QStringLiteral("operation %1 of %2, %3 %4: %5")
                                         .arg(at)
                                         .arg(count)
                                         .arg(QLatin1String(how))
                                         .arg(which)
                                         .arg(wrong);
        };
        for (std::uint64_t at = 1; at <= count; ++at) {
            for (const Stop how :
                 {Stop::Killed, Stop::PowerNamesKept, Stop::PowerNamesLost, Stop::PowerTorn}) {
                const QString wrong = check(at, "stopped", int(how), stopsAt(seed, side, at, how));
                QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
            }
            for (const ErrorCode code :
                 {ErrorCode::Internal, ErrorCode::DiskFull, ErrorCode::FileNotWritable}) {
                const QString wrong = check(at, "failed", int(code), failsAt(seed, side, at, code));
                QVERIFY2(wrong.isEmpty(), qPrintable(wrong));
            }
        }
        qInfo("%llu operations", static_cast<unsigned long long>(count));
    }
};

QTEST_GUILESS_MAIN(TransferCrashesTest)
#include "transfer_crashes_test.moc"
