// Two sides behind one NAT, for every kind of that NAT: two machines in one home, and two homes
// whose routers share a carrier's NAT, with one or two NATs of their own, full or strict ones.
// Where the shared NAT hairpins, a packet that turns round in it is mapped and filtered as one
// from outside, so what must come out is what the classic table says of two such networks. Where
// it does not, only machines of one home reach each other.
//
// POSTERN_SIM_SEEDS: so many seeds for each cell.

#include "tests/support/sanitized.h"
#include "tests/support/simnet/kind.h"
#include "tests/support/simnet/tally.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;
using punch::Strategy;

namespace {

/// What stands between the shared NAT and one side's machine, the outermost first.
struct Home {
    const char *name;
    QList<NatProfile> routers;
    bool isStrict() const
    {
        return std::any_of(routers.begin(), routers.end(), [](const NatProfile &router) {
            return router.filtering == Filtering::AddressAndPortDependent;
        });
    }
};
const QList<Home> &homes()
{
    static const QList<Home> all{{"full cone", {FULL_CONE}},
                                 {"strict cone", {PORT_RESTRICTED_CONE}},
                                 {"full cone twice", {FULL_CONE, FULL_CONE}}};
    return all;
}

constexpr Duration DELAY = 10ms;
constexpr Duration INSIDE = 2ms;

Host &settle(World &world, Nat &shared, const NatProfile &outermost, const Home &home,
             QList<NatProfile> &layers)
{
    layers = {outermost};
    auto *inside = &shared.inside();
    for (const NatProfile &router : home.routers) {
        layers.append(router);
        inside = &world.addNat(*inside, router, {.delay = INSIDE}).inside();
    }
    return world.addHost(*inside);
}

MeetingResult meetBehind(const NatProfile &outermost, const Home &first, const Home &second,
                         std::uint64_t seed)
{
    World world(seed);
    world.internet().link.delay = DELAY;
    const StunServer server(world);
    Nat &shared = world.addNat(world.internet(), outermost, {.delay = INSIDE});
    QList<NatProfile> firstLayers;
    QList<NatProfile> secondLayers;
    SimPeer a(world, settle(world, shared, outermost, first, firstLayers), false);
    SimPeer b(world, settle(world, shared, outermost, second, secondLayers), false);
    MeetingPlan plan;
    plan.signalling = DELAY + std::chrono::milliseconds(world.number() % 20);
    plan.first = describe(firstLayers);
    plan.second = describe(secondLayers);
    return meet(world, server, a, b, plan);
}

/// As the shared NAT and the strictest router behind it look to the other side.
Side seenFromOutside(const Kind &kind, const Home &home)
{
    Side side{kind, {}};
    side.circumstance.layers = 1 + static_cast<int>(home.routers.size());
    side.circumstance.strictInside = home.isStrict();
    return side;
}

/// The table's word; but where one counter gives both sides their ports, each takes those that the
/// other has just told: a prediction holds only where one side lets in whoever has its address.
Outcome expectedBehind(const Kind &kind, const Home &first, const Home &second)
{
    const Outcome outcome =
        expectedOutcome(seenFromOutside(kind, first), seenFromOutside(kind, second));
    const bool counts = kind.nat.allocation == Allocation::Sequential;
    return outcome == Outcome::Predict && counts ? Outcome::Chance : outcome;
}

bool isRight(Outcome outcome, const MeetingResult &result)
{
    if (!result.direct)
        return outcome == Outcome::Relay || outcome == Outcome::Chance;
    // By whatever means a path was found, it turns round in the shared NAT.
    return result.strategy == Strategy::UdpHairpin || result.strategy == Strategy::UdpPredict
        ? outcome != Outcome::Relay
        : isAllowed(outcome, result.strategy);
}

void everyKind()
{
    QTest::addColumn<int>("kind");
    for (int kind = 0; kind < allKinds().size(); ++kind)
        QTest::addRow("%s", qPrintable(allKinds()[kind].name)) << kind;
}

} // namespace

class PunchNeighbours : public QObject {
    Q_OBJECT

private slots:
    void oneHome_data() { everyKind(); }
    void oneHome()
    {
        QFETCH(int, kind);
        const Home none{"", {}};
        for (const bool hairpin : {false, true}) {
            NatProfile outermost = allKinds()[kind].nat;
            outermost.hairpin = hairpin;
            for (int seed = 1; seed <= seedsPerCell(3); ++seed) {
                const auto result = meetBehind(outermost, none, none, seedOf(kind, seed));
                QVERIFY2(result.direct, story("one home", result));
                QVERIFY2(result.strategy == Strategy::UdpHost
                             || (hairpin && result.strategy == Strategy::UdpHairpin),
                         story("one home", result));
                ++m_played;
            }
        }
    }

    void oneCarrier_data() { everyKind(); }
    void oneCarrier()
    {
        QFETCH(int, kind);
        const int seeds = seedsPerCell(2);
        int direct = 0;
        int feasible = 0;
        for (const Home &first : homes())
            for (const Home &second : homes())
                for (const bool hairpin : {false, true})
                    for (int seed = 1; seed <= seeds; ++seed) {
                        NatProfile outermost = allKinds()[kind].nat;
                        outermost.hairpin = hairpin;
                        outermost.tableSize = 16'384; // of many homes
                        const Outcome outcome = hairpin
                            ? expectedBehind(allKinds()[kind], first, second)
                            : Outcome::Relay;
                        const auto result =
                            meetBehind(outermost, first, second, seedOf(kind, seed));
                        const QString name =
                            QStringLiteral("%1 and %2, %3 hairpin, seed %4, must be %5")
                                .arg(QLatin1String(first.name), QLatin1String(second.name),
                                     QLatin1String(hairpin ? "with" : "without"))
                                .arg(seed)
                                .arg(outcomeName(outcome));
                        QVERIFY2(isRight(outcome, result), story(name.toUtf8(), result));
                        direct += result.direct ? 1 : 0;
                        feasible += outcome != Outcome::Relay ? 1 : 0;
                        ++m_played;
                    }
        qInfo("%-16s %d direct of %d that may be", QTest::currentDataTag(), direct, feasible);
    }
    void cleanupTestCase() { qInfo("%lld meetings", m_played); }

private:
    static std::uint64_t seedOf(int kind, int seed)
    {
        return static_cast<std::uint64_t>(kind) * 1'000'003 + static_cast<std::uint64_t>(seed);
    }
    QByteArray story(const QByteArray &name, const MeetingResult &result)
    {
        m_story = name + ": "
            + (result.direct ? punch::strategyName(result.strategy).toUtf8() : QByteArray("relay"))
            + " after " + QByteArray::number(toMilliseconds(result.toPath)) + " ms";
        return m_story;
    }

    QByteArray m_story;
    long long m_played = 0;
};

QTEST_GUILESS_MAIN(PunchNeighbours)
#include "punch_neighbours_test.moc"
