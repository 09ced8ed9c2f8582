// Every mapping with every filtering and every way to give ports, against every other: each
// cell says what must come out, a relay where a direct path is feasible is a failure, and the
// share that meets by chance must agree with the formula.
//
// What else a NAT may be and do (layers, hairpin, time-outs, a small table, poisoning, ICMP) and
// the weather (delay, reorder, loss) are drawn anew by each seed, for each cell.
//
// POSTERN_SIM_SEEDS sets how many seeds each cell gets; POSTERN_SIM_SEED plays a single one.

#include "tests/support/simnet/meeting.h"

#include <QTest>

#include <algorithm>
#include <cmath>

using namespace postern;
using namespace postern::simnet;
using namespace postern::punch;

namespace {

constexpr simnet::Mapping MAPPINGS[] = {simnet::Mapping::EndpointIndependent,
                                        simnet::Mapping::AddressDependent,
                                        simnet::Mapping::AddressAndPortDependent};
constexpr simnet::Filtering FILTERINGS[] = {simnet::Filtering::EndpointIndependent,
                                            simnet::Filtering::AddressDependent,
                                            simnet::Filtering::AddressAndPortDependent};
constexpr int SMALL_BLOCK = 512;

struct Ports {
    const char *name;
    simnet::Allocation allocation;
    int delta;
};
constexpr Ports PORTS[] = {
    {"preserve", simnet::Allocation::Preserve, 0}, {"+1", simnet::Allocation::Sequential, 1},
    {"+2", simnet::Allocation::Sequential, 2},     {"random", simnet::Allocation::Random, 0},
    {"block", simnet::Allocation::Block, 0},
};

/// One side of a cell.
struct Kind {
    QString name;
    NatProfile nat;

    bool isSymmetric() const { return nat.mapping != simnet::Mapping::EndpointIndependent; }
    bool isOpen() const { return nat.filtering != simnet::Filtering::AddressAndPortDependent; }
    bool letsAnyoneIn() const { return nat.filtering == simnet::Filtering::EndpointIndependent; }
    bool isForeseen() const
    {
        return nat.allocation == simnet::Allocation::Preserve
            || nat.allocation == simnet::Allocation::Sequential;
    }
    bool isBlock() const { return nat.allocation == simnet::Allocation::Block; }
    bool isOneMappingPerPeer() const { return nat.mapping == simnet::Mapping::AddressDependent; }
};

QList<Kind> allKinds()
{
    static const char *const MAPPING_NAMES[] = {"EIM", "ADM", "APDM"};
    static const char *const FILTERING_NAMES[] = {"EIF", "ADF", "APDF"};
    QList<Kind> kinds;
    for (int m = 0; m < 3; ++m)
        for (int f = 0; f < 3; ++f)
            for (const auto &ports : PORTS)
                kinds.append(
                    {QStringLiteral("%1-%2-%3")
                         .arg(QLatin1String(MAPPING_NAMES[m]), QLatin1String(FILTERING_NAMES[f]),
                              QLatin1String(ports.name)),
                     {.mapping = MAPPINGS[m],
                      .filtering = FILTERINGS[f],
                      .allocation = ports.allocation,
                      .delta = ports.delta,
                      .blockSize = SMALL_BLOCK,
                      .blockLowest = 30'000}});
    return kinds;
}

/// What must come out of a cell: the classic table once more, written from its words.
enum class Outcome { Punch, Predict, Birthday, Chance, Relay };

Outcome expected(const Kind &a, const Kind &b)
{
    const auto guessed = [](const Kind &opener, const Kind &guesser) {
        if (opener.isForeseen())
            return Outcome::Predict;
        // Who has only a block of ports can't make as many guesses as the whole range asks for.
        const bool fewGuesses = guesser.isSymmetric() && !guesser.isOneMappingPerPeer()
            && guesser.isBlock() && !opener.isBlock();
        return fewGuesses ? Outcome::Chance : Outcome::Birthday;
    };
    if (!a.isSymmetric() && !b.isSymmetric())
        return Outcome::Punch;
    if (!a.isSymmetric() || !b.isSymmetric()) {
        const Kind &cone = a.isSymmetric() ? b : a;
        const Kind &symmetric = a.isSymmetric() ? a : b;
        return cone.isOpen() ? Outcome::Punch : guessed(symmetric, cone);
    }
    if (a.isOpen() && b.isOpen())
        return a.isForeseen() || b.isForeseen() ? Outcome::Predict
            : a.isBlock() || b.isBlock()        ? Outcome::Birthday
                                                : guessed(a, b);
    if (a.isOpen() || b.isOpen())
        return a.isOpen() ? guessed(a, b) : guessed(b, a);
    if (a.isForeseen() && b.isForeseen())
        return Outcome::Predict;
    if (a.isForeseen() != b.isForeseen()) {
        const Kind &foreseen = a.isForeseen() ? a : b;
        const Kind &other = a.isForeseen() ? b : a;
        if (foreseen.isOneMappingPerPeer())
            return Outcome::Birthday;
        return other.isBlock() ? Outcome::Chance : Outcome::Relay;
    }
    return a.isBlock() && b.isBlock() ? Outcome::Chance : Outcome::Relay;
}

bool isAllowed(Outcome outcome, Strategy strategy)
{
    switch (outcome) {
    case Outcome::Punch: return strategy == Strategy::UdpPunch;
    case Outcome::Predict:
        return strategy == Strategy::UdpPredict || strategy == Strategy::UdpPunch;
    case Outcome::Birthday:
    case Outcome::Chance:
        return strategy == Strategy::UdpBirthday || strategy == Strategy::UdpPunch;
    case Outcome::Relay: return false;
    }
    return false;
}

int seedCount(int usual)
{
    bool given = false;
    const int count = qEnvironmentVariableIntValue("POSTERN_SIM_SEEDS", &given);
    return given ? std::max(count, 1) : usual;
}

/// The seeds to play: all, or the one that was asked for.
std::pair<int, int> seeds(int usual)
{
    bool single = false;
    const int only = qEnvironmentVariableIntValue("POSTERN_SIM_SEED", &single);
    return single ? std::pair(only, only) : std::pair(1, seedCount(usual));
}

void tell(const SimPeer &peer, const char *who)
{
    if (!qEnvironmentVariableIsSet("POSTERN_SIM_SEED"))
        return;
    for (const auto &entry : peer.agent().timeline().entries())
        qInfo("  %s %6lld ms  %-16s %s %d", who,
              static_cast<long long>(toMilliseconds(entry.at - Instant{})),
              qPrintable(stepName(entry.step)), qPrintable(entry.remote.toString()), entry.number);
}

/// What a seed draws for one side, beside what its kind says.
Host &settle(World &world, const Kind &kind, QList<NatProfile> &layers)
{
    NatProfile outermost = kind.nat;
    outermost.hairpin = world.uniform(0, 1) < 0.5;
    outermost.poisonedByStrangers =
        !kind.isSymmetric() && !kind.isOpen() && world.uniform(0, 1) < 0.5;
    outermost.unsolicited = world.uniform(0, 1) < 0.5 ? Unsolicited::Icmp : Unsolicited::Drop;
    outermost.idleTimeout = world.uniform(0, 1) < 0.5 ? 30s : 120s;
    outermost.absoluteTimeout = world.uniform(0, 1) < 0.3 ? Duration(60s) : Duration::max();
    outermost.tableSize = world.uniform(0, 1) < 0.3 ? 2048 : 4096;
    const int depth = 1 + static_cast<int>(world.uniform(0, 3));
    layers = {outermost};
    Network *network = &world.addNat(world.internet(), outermost).inside();
    for (int i = 1; i < depth; ++i) {
        layers.append(FULL_CONE); // what is seen from outside stays the kind's
        network = &world.addNat(*network, FULL_CONE).inside();
    }
    return world.addHost(*network);
}

MeetingResult play(std::uint64_t seed, const Kind &first, const Kind &second)
{
    World world(seed);
    auto &link = world.internet().link;
    const auto milliseconds = [](double value) {
        return std::chrono::duration_cast<Duration>(
            std::chrono::duration<double, std::milli>(value));
    };
    link.delay = milliseconds(world.uniform(5, 40));
    link.jitter = milliseconds(world.uniform(0, 5));
    link.loss = world.uniform(0, 0.02);
    const StunServer server(world);
    MeetingPlan plan;
    QList<NatProfile> firstLayers;
    QList<NatProfile> secondLayers;
    SimPeer a(world, settle(world, first, firstLayers), false);
    SimPeer b(world, settle(world, second, secondLayers), false);
    plan.first = describe(firstLayers);
    plan.second = describe(secondLayers);
    plan.signalling = link.delay + milliseconds(world.uniform(0, 20));
    const auto result = meet(world, server, a, b, plan);
    tell(a, "controlling");
    tell(b, "controlled");
    return result;
}

} // namespace

class PunchProduct : public QObject {
    Q_OBJECT

private slots:
    void everyCell_data()
    {
        QTest::addColumn<int>("first");
        const auto kinds = allKinds();
        for (int a = 0; a < kinds.size(); ++a)
            QTest::addRow("%s", qPrintable(kinds[a].name)) << a;
    }
    /// One row of the table: this kind controlling, with each of the others.
    void everyCell()
    {
        QFETCH(int, first);
        static const auto kinds = allKinds();
        const auto [from, to] = seeds(10);
        int direct = 0;
        int played = 0;
        for (const auto &other : kinds) {
            const Outcome outcome = expected(kinds[first], other);
            for (int seed = from; seed <= to; ++seed) {
                const auto result =
                    play(static_cast<std::uint64_t>(seed * 100 + first), kinds[first], other);
                const auto where = QStringLiteral("%1 + %2, seed %3: %4, %5")
                                       .arg(kinds[first].name, other.name)
                                       .arg(seed)
                                       .arg(result.direct ? strategyName(result.strategy)
                                                          : QStringLiteral("relay"))
                                       .arg(toMilliseconds(result.toPath));
                ++played;
                direct += result.direct ? 1 : 0;
                if (outcome == Outcome::Relay)
                    QVERIFY2(!result.direct, qPrintable(where));
                else if (outcome != Outcome::Chance)
                    QVERIFY2(result.direct, qPrintable(where));
                QVERIFY2(!result.direct || isAllowed(outcome, result.strategy), qPrintable(where));
            }
        }
        qInfo("%-16s %d of %d direct", QTest::currentDataTag(), direct, played);
    }
};

QTEST_GUILESS_MAIN(PunchProduct)
#include "punch_product_test.moc"
