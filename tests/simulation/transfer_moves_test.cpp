// Transfers whose channels come and go beneath them, in memory and virtual time: a better one
// while the old one still carries data, a loss at any byte, a long time without any, on one side
// before the other. Whatever happens: everything arrives once, whole, and hardly a byte twice.

#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <QTest>

#include <random>

using namespace postern;
using namespace postern::test;

namespace {

const char *const DESTINATION = "/into";
constexpr qint64 BLOCK_AND_HEAD = BLOCK_BYTES + 64 * 1024;

/// One side: its disk, its link, its transfers.
struct Person {
    Person(Executor &executor)
        : files(std::make_shared<MemoryFileSystem>())
        , side(files, executor)
    {
        side.endsWithChannel = false;
        side.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
        (void)files->folder(DESTINATION);
    }
    std::shared_ptr<MemoryFileSystem> files;
    TransferSide side;
};

class Run {
public:
    explicit Run(std::uint64_t seed)
        : m_random(seed)
        , m_executor(seed)
        , m_people{Person(m_executor), Person(m_executor)}
    {
    }
    ~Run() // the links go before the channels
    {
        for (auto &person : m_people)
            person.side.link.reset();
    }

    /// What is wrong with the outcome; empty if nothing.
    QString play();

private:
    struct Channel {
        std::unique_ptr<LoopbackPair> pair;
        bool given[2] = {false, false}; ///< to the link of that side
        bool dead = false;
        bool relayed = false;
    };

    bool oneIn(int n) { return m_random() % n == 0; }
    bool begin(int from, int number);
    void disturb();
    void fallBack();
    void connect();
    void give(Channel &channel, int side);
    bool step();
    QString judge() const;
    QString judgeRelayed() const;

    std::mt19937_64 m_random;
    SteppedExecutor m_executor;
    Person m_people[2];
    std::vector<Channel> m_channels;
    qint64 m_payload = 0;
    int m_moves = 0;
    int m_transfers = 0;
};

bool Run::begin(int from, int number)
{
    Person &person = m_people[from];
    const QString root = QStringLiteral("/src/%1 %2").arg(from).arg(number);
    const int files = oneIn(2) ? 1 : static_cast<int>(1 + m_random() % 12);
    const qsizetype sizes[] = {0, 1, 900, 50'000, 262'144, 262'145, 1'000'000, 3'000'000};
    for (int f = 0; f < files; ++f) {
        const qsizetype size = sizes[m_random() % (oneIn(6) ? 8 : 5)];
        person.files->put(files == 1 ? root : root + QStringLiteral("/d%1/f%2").arg(f % 3).arg(f),
                          content(size, m_random()));
        m_payload += size;
    }
    const std::atomic<bool> cancelled = false;
    const auto source = scanSource(*person.files, {root}, cancelled);
    if (!source)
        return false;
    person.side.send(*source);
    ++m_transfers;
    return true;
}

void Run::connect()
{
    LoopbackOptions options;
    options.window = std::size_t{16 * 1024} << (m_random() % 7);
    options.chunk = std::size_t{1024} << (m_random() % 7);
    options.deviceA = *DeviceId::fromBytes(viewOf(QByteArray(32, 'a')));
    options.deviceB = *DeviceId::fromBytes(viewOf(QByteArray(32, 'b')));
    options.path.kind = oneIn(2) ? PathKind::Relay : PathKind::Udp;
    Channel channel{std::make_unique<LoopbackPair>(options)};
    channel.relayed = options.path.kind == PathKind::Relay;
    m_channels.push_back(std::move(channel));
    ++m_moves;
}

void Run::give(Channel &channel, int side)
{
    channel.given[side] = true;
    m_people[side].side.link->attach(side == 0 ? channel.pair->a() : channel.pair->b());
}

/// One side, or first one and then the other, goes back to a channel that it had before.
void Run::fallBack()
{
    Channel &old = m_channels[m_random() % m_channels.size()];
    if (old.dead || !old.given[0] || !old.given[1])
        return;
    const int first = oneIn(2) ? 0 : 1;
    give(old, first);
    for (std::uint64_t steps = m_random() % 40; steps > 0; --steps)
        step();
    if (!old.dead && oneIn(2))
        give(old, 1 - first);
    ++m_moves;
}

/// Something happens to the channels, at a moment the seed chose.
void Run::disturb()
{
    const Error lost{ErrorCode::Disconnected, QStringLiteral("cable pulled")};
    Channel *last = m_channels.empty() ? nullptr : &m_channels.back();
    const bool whole = last && last->given[0] && last->given[1] && !last->dead;
    if (whole && oneIn(4))
        return fallBack();
    if (!last || last->dead || (whole && oneIn(2)))
        return connect();
    if (last->given[0] != last->given[1])
        return give(*last, last->given[0] ? 1 : 0);
    if (!whole)
        return give(*last, oneIn(2) ? 1 : 0);
    for (Channel &channel : m_channels) {
        if (channel.dead || (&channel == last && oneIn(2)))
            continue;
        channel.dead = true;
        if (oneIn(2))
            channel.pair->cutAfter(channel.pair->bytesDelivered() + m_random() % 300'000, lost);
        else
            (oneIn(2) ? channel.pair->a() : channel.pair->b()).close(lost);
    }
}

bool Run::step()
{
    for (std::size_t i = 0; i < m_channels.size(); ++i) {
        Channel &channel = m_channels[(i + m_random()) % m_channels.size()];
        if (oneIn(2) && channel.given[0] && channel.given[1] && channel.pair->pump(1))
            return true;
    }
    if (m_executor.step())
        return true;
    for (Channel &channel : m_channels)
        if (channel.given[0] && channel.given[1] && channel.pair->pump(1))
            return true;
    return false;
}

/// What the receivers counted as come by relay is no more than came so, and no less than what
/// did not come otherwise.
QString Run::judgeRelayed() const
{
    qint64 carried[2] = {0, 0}; // by relay, otherwise
    for (const Channel &channel : m_channels)
        carried[channel.relayed ? 0 : 1] += static_cast<qint64>(channel.pair->bytesDelivered());
    qint64 sent = 0;
    qint64 received = 0;
    for (const auto &person : m_people) {
        for (const auto &outgoing : person.side.outgoing)
            sent += outgoing->snapshot().relayedBytes;
        for (const auto &incoming : person.side.incoming)
            received += incoming->snapshot().relayedBytes;
    }
    if (received > carried[0] || received + carried[1] < m_payload || sent < received)
        return QStringLiteral(
                   "counted %1 received and %2 sent by relay, which carried %3; others %4")
            .arg(received)
            .arg(sent)
            .arg(carried[0])
            .arg(carried[1]);
    return {};
}

QString Run::judge() const
{
    qint64 carried = 0;
    for (const Channel &channel : m_channels)
        carried += static_cast<qint64>(channel.pair->bytesDelivered());
    const qint64 most = m_payload + qint64(m_moves) * m_transfers * BLOCK_AND_HEAD;
    if (carried > most)
        return QStringLiteral("carried %1 bytes for %2, %3 transfers, %4 channels")
            .arg(carried)
            .arg(m_payload)
            .arg(m_transfers)
            .arg(m_moves);
    for (int from = 0; from < 2; ++from) {
        const Person &sender = m_people[from];
        const Person &receiver = m_people[1 - from];
        if (receiver.files->tree(receiver.files->folder(DESTINATION))
            != sender.files->tree(sender.files->folder("/src")))
            return QStringLiteral("what %1 sent did not arrive as it was").arg(from);
        for (const auto &outgoing : sender.side.outgoing)
            if (outgoing->stage() != TransferStage::Delivered)
                return QStringLiteral("a sender ended in %1").arg(int(outgoing->stage()));
        for (const auto &incoming : receiver.side.incoming)
            if (incoming->stage() != TransferStage::Delivered)
                return QStringLiteral("a receiver ended in %1").arg(int(incoming->stage()));
    }
    return judgeRelayed();
}

QString Run::play()
{
    const int transfers = 1 + static_cast<int>(m_random() % 4);
    for (int i = 0; i < transfers; ++i)
        if (!begin(oneIn(2) ? 0 : 1, i))
            return QStringLiteral("nothing to send");
    const int disturbances = static_cast<int>(m_random() % 20);
    for (int i = 0; i < disturbances; ++i) {
        disturb();
        for (std::uint64_t steps = m_random() % (oneIn(3) ? 400 : 40); steps > 0; --steps)
            step();
    }
    connect();
    give(m_channels.back(), 0);
    give(m_channels.back(), 1);
    for (int i = 0; i < 10'000'000; ++i)
        if (!step() && !m_executor.skipToTimer())
            break;
    return judge();
}

} // namespace

class TransferMovesTest : public QObject {
    Q_OBJECT

private slots:
    void arrivesOnceAndWhole()
    {
        const int rounds = qEnvironmentVariableIntValue("POSTERN_SIMULATION_ROUNDS");
        const auto first = qEnvironmentVariableIsSet("POSTERN_SIMULATION_SEED")
            ? qEnvironmentVariable("POSTERN_SIMULATION_SEED").toULongLong()
            : std::random_device()();
        qInfo("first seed %llu", static_cast<unsigned long long>(first));
        for (std::uint64_t seed = first; seed < first + (rounds ? rounds : 40); ++seed) {
            Run run(seed);
            if (const QString wrong = run.play(); !wrong.isEmpty())
                QFAIL(qPrintable(QStringLiteral("seed %1: %2").arg(seed).arg(wrong)));
        }
    }
};

QTEST_GUILESS_MAIN(TransferMovesTest)
#include "transfer_moves_test.moc"
