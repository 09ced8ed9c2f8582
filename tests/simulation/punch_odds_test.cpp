// Where ports meet by chance: the share that meets, over many seeds, must agree with the formula
// that the pairing table states to people. Perfect weather, so that chance alone decides.
//
// POSTERN_SIM_SEED plays a single seed.

#include "core/nat/crossing_odds.h"
#include "tests/support/sanitized.h"
#include "tests/support/simnet/meeting.h"

#include <QTest>

#include <cmath>

using namespace postern;
using namespace postern::simnet;
using namespace postern::punch;

namespace {

constexpr int SEEDS = SANITIZED ? 50 : 400;
constexpr double ONE_PER_CENT = 0.01; ///< what is stated is counted over draws
constexpr double SIGMAS = 3.3; // one row in a thousand would fail by bad luck; seeds are fixed

NatProfile symmetric(simnet::Allocation allocation, int blockSize = 2016)
{
    return {.mapping = simnet::Mapping::AddressAndPortDependent,
            .allocation = allocation,
            .blockSize = blockSize,
            .blockLowest = 20'000};
}

struct Cell {
    NatProfile first;
    NatProfile second;
    nat::Plan plan;
};

Cell cellOf(const NatProfile &first, const NatProfile &second)
{
    return {first, second, nat::planFor(describe({first}), describe({second}))};
}

/// The same with fewer sockets and probes, and once only, so that luck is visible.
Cell sized(Cell cell, int sockets, int probes)
{
    auto &step = cell.plan.steps.first();
    step.tries = 1;
    for (nat::Share *share : {&step.controlling, &step.controlled}) {
        if (share->part == nat::Part::Opens)
            share->sockets = sockets;
        else
            share->probes = probes;
    }
    return cell;
}

MeetingResult play(const Cell &cell, std::uint64_t seed)
{
    World world(seed);
    const StunServer server(world);
    const auto settle = [&](const NatProfile &profile) -> Host & {
        return world.addHost(world.addNat(world.internet(), profile).inside());
    };
    SimPeer a(world, settle(cell.first), false);
    SimPeer b(world, settle(cell.second), false);
    MeetingPlan plan;
    plan.table = cell.plan;
    return meet(world, server, a, b, plan);
}

struct Rate {
    int played = 0;
    int met = 0;
    double share() const { return double(met) / played; }
    /// How far chance may take the share from what is expected.
    double tolerance(double expected) const
    {
        return SIGMAS * std::sqrt(expected * (1 - expected) / played) + 0.5 / played;
    }
};

Rate rateOf(const Cell &cell)
{
    bool single = false;
    const int only = qEnvironmentVariableIntValue("POSTERN_SIM_SEED", &single);
    Rate rate;
    for (int seed = single ? only : 1; seed <= (single ? only : SEEDS); ++seed) {
        ++rate.played;
        rate.met += play(cell, static_cast<std::uint64_t>(seed)).direct ? 1 : 0;
    }
    return rate;
}

/// What the table reckons with, and what is true in this world: a sample is 81 ms old when its
/// ports are taken, one each millisecond.
double oneTry(const nat::Step &step, double foreignPerSecond)
{
    nat::Crossing crossing;
    crossing.sockets = step.controlling.sockets;
    crossing.aimFrom = step.controlling.aimFrom;
    crossing.aimWidth = step.controlling.aimWidth;
    for (auto *side : {&crossing.spreading, &crossing.other})
        *side = {step.controlling.foreign, foreignPerSecond * 0.081, foreignPerSecond * 0.001};
    return nat::crossedOdds(crossing);
}

} // namespace

Q_DECLARE_METATYPE(Cell)

class PunchOdds : public QObject {
    Q_OBJECT

private slots:
    /// FACTS section 2, as far as chance plays a part.
    void theShareThatMeetsIsTheFormulas_data()
    {
        QTest::addColumn<Cell>("cell");
        QTest::addColumn<double>("expected");
        const auto PC = PORT_RESTRICTED_CONE;
        const auto random = symmetric(simnet::Allocation::Random);
        const auto row = [](const char *name, const Cell &cell, double expected) {
            QTest::newRow(name) << cell << expected;
        };
        const int all = 64512;
        row("256 x 256", sized(cellOf(random, PC), 256, 256), nat::birthdayOdds(256, 256, all));
        row("256 x 256, answering", sized(cellOf(PC, random), 256, 256),
            nat::birthdayOdds(256, 256, all));
        row("256 x 1000", sized(cellOf(random, PC), 256, 1000), nat::birthdayOdds(256, 1000, all));
        row("64 x 512", sized(cellOf(random, PC), 64, 512), nat::birthdayOdds(64, 512, all));
        row("128 x 256 of 16384",
            sized(cellOf(symmetric(simnet::Allocation::Block, 16384), PC), 128, 256),
            nat::birthdayOdds(128, 256, 16384));
        // Odd stays odd: even sockets have half of the ports.
        auto even = random;
        even.keepsParity = true;
        row("128 x 256, parity", sized(cellOf(even, PC), 128, 256),
            nat::birthdayOdds(128, 256, all / 2));
        row("128 x 256, parity, answering", sized(cellOf(PC, even), 128, 256),
            nat::birthdayOdds(128, 256, all / 2));
        auto evenBlock = symmetric(simnet::Allocation::Block, 2016);
        evenBlock.keepsParity = true;
        row("20 x 60 of 2016, parity", sized(cellOf(evenBlock, PC), 20, 60),
            nat::birthdayOdds(20, 60, 1008));
        row("20 x 100 of 2016", sized(cellOf(symmetric(simnet::Allocation::Block), PC), 20, 100),
            nat::birthdayOdds(20, 100, 2016));
        const auto sequential = symmetric(simnet::Allocation::Sequential);
        for (const int size : {256, 512, 2016, 4096}) {
            const auto block = symmetric(simnet::Allocation::Block, size);
            const auto named = [&](const char *what) {
                return QStringLiteral("%1 of %2").arg(QLatin1String(what)).arg(size);
            };
            const auto bound = cellOf(sequential, block);
            row(qPrintable(named("sequential + block")), bound, bound.plan.directProbability);
            const auto answering = cellOf(block, sequential);
            row(qPrintable(named("block + sequential")), answering,
                answering.plan.directProbability);
            const auto mutual = cellOf(block, block);
            if (mutual.plan.isDirectWorthTrying())
                row(qPrintable(named("both in a block")), mutual, mutual.plan.directProbability);
        }
        const NatProfile oneMapping{.mapping = simnet::Mapping::AddressDependent,
                                    .allocation = simnet::Allocation::Sequential};
        row("ADM in sequence + random", sized(cellOf(oneMapping, random), 128, 512),
            nat::birthdayOdds(128, 512, all));
    }
    void theShareThatMeetsIsTheFormulas()
    {
        QFETCH(Cell, cell);
        QFETCH(double, expected);
        const Rate rate = rateOf(cell);
        qInfo("%-28s %5.1f%% of %d met, formula %5.1f%% +- %.1f", QTest::currentDataTag(),
              100 * rate.share(), rate.played, 100 * expected, 100 * rate.tolerance(expected));
        QVERIFY(std::abs(rate.share() - expected) <= rate.tolerance(expected));
    }

    /// Small ranges, in either role.
    void blocksOfAnySize_data()
    {
        QTest::addColumn<Cell>("cell");
        QTest::addColumn<double>("expected");
        for (const int size : {256, 512, 2016, 4096})
            for (const bool controls : {true, false}) {
                const auto block = symmetric(simnet::Allocation::Block, size);
                const int sockets = size / 64 + 8;
                const int probes = size / 16;
                const auto cell = controls ? cellOf(block, PORT_RESTRICTED_CONE)
                                           : cellOf(PORT_RESTRICTED_CONE, block);
                QTest::addRow("%d x %d of %d, %s", sockets, probes, size,
                              controls ? "offering" : "answering")
                    << sized(cell, sockets, probes) << nat::birthdayOdds(sockets, probes, size);
            }
    }
    void blocksOfAnySize() { theShareThatMeetsIsTheFormulas(); }

    /// Others behind the same NATs take f ports between the sample and the use, and some more
    /// within the volley: with both sides predicting once, the share is what is stated, and more
    /// than the known formula, (25/(25+f))^2, says. Toward a cone every port that may be ours is
    /// tried, so that none is missed.
    void predictionBearsOthersMappings_data()
    {
        QTest::addColumn<double>("foreignPerSecond");
        QTest::addColumn<bool>("both");
        for (const double foreign : {0.0, 5.0, 20.0, 50.0, 100.0, 200.0, 400.0}) {
            QTest::addRow("cone, %.0f a second", foreign) << foreign << false;
            QTest::addRow("both, %.0f a second", foreign) << foreign << true;
        }
    }
    void predictionBearsOthersMappings()
    {
        QFETCH(double, foreignPerSecond);
        QFETCH(bool, both);
        auto sequential = symmetric(simnet::Allocation::Sequential);
        sequential.foreignPerSecond = foreignPerSecond;
        auto first = describe({sequential});
        auto second = describe({both ? sequential : PORT_RESTRICTED_CONE});
        first.roundTripMs = second.roundTripMs = 40; // as the world's is
        Cell cell{sequential, both ? sequential : PORT_RESTRICTED_CONE,
                  nat::planFor(first, second)};
        auto &step = cell.plan.steps.first();
        step.tries = 1;
        const double stated = both ? oneTry(step, foreignPerSecond) : cell.plan.directProbability;
        const Rate rate = rateOf(cell);
        const double known = nat::crossingOdds(25, foreignPerSecond * 0.085);
        qInfo("%-28s %5.1f%% of %d met, stated %5.1f%% +- %.1f, known formula %5.1f%%",
              QTest::currentDataTag(), 100 * rate.share(), rate.played, 100 * stated,
              100 * rate.tolerance(stated), 100 * known);
        if (!both)
            QVERIFY(rate.share() >= 0.99);
        else
            QVERIFY(std::abs(rate.share() - stated) <= rate.tolerance(stated) + ONE_PER_CENT);
        QVERIFY(rate.share() >= known - rate.tolerance(known));
    }
};

QTEST_GUILESS_MAIN(PunchOdds)
#include "punch_odds_test.moc"
