// Agents through every pair of NATs where a direct path exists, over many seeds with loss,
// reorder and delay: a path that is not found is a failure. Where none exists the search must
// end, soon and with few packets, and say so.
//
// POSTERN_SIM_SEEDS sets how many seeds each pair gets; POSTERN_SIM_SEED plays a single one.

#include "tests/support/simnet/meeting.h"

#include <QTest>

#include <algorithm>

using namespace postern;
using namespace postern::simnet;
using namespace postern::punch;

namespace {

int seedCount()
{
    bool given = false;
    const int count = qEnvironmentVariableIntValue("POSTERN_SIM_SEEDS", &given);
    return given ? std::max(count, 5) : 200;
}

/// Where a peer stands.
struct Place {
    const char *name;
    std::optional<NatProfile> nat; ///< none: public
};

const Place PUBLIC{"public", {}};
const Place FC{"FC", FULL_CONE};
const Place RC{"RC", RESTRICTED_CONE};
const Place PC{"PC", PORT_RESTRICTED_CONE};
const Place LINUX{"Linux", LINUX_MASQUERADE};
const Place ADM{"ADM", ADDRESS_DEPENDENT};
const Place SEQUENTIAL{"S-sequential", SYMMETRIC_SEQUENTIAL};
const Place RANDOM{"S-random", SYMMETRIC_RANDOM};

/// The weather of one seed.
struct Weather {
    Duration oneWay;
    double loss;
    Duration roundTrip() const { return 2 * (oneWay + 400us); }
};

Weather setWeather(World &world, double mostLoss = 0.2)
{
    const auto ms = [](double value) {
        return std::chrono::duration_cast<Duration>(
            std::chrono::duration<double, std::milli>(value));
    };
    const Weather weather{ms(world.uniform(5, 200)), world.uniform(0, mostLoss)};
    auto &link = world.internet().link;
    link.delay = weather.oneWay;
    link.jitter = ms(world.uniform(0, 10));
    link.loss = weather.loss / 2; // the rest is lost at home, before and behind the NAT
    return weather;
}

struct Statistics {
    std::vector<double> roundTrips; ///< time to path beyond 1.5 round trips, in ms
    std::vector<int> packets;
    int restarts = 0;
};

template<typename T> T percentile(std::vector<T> values, double part)
{
    std::sort(values.begin(), values.end());
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

} // namespace

class PunchSimulation : public QObject {
    Q_OBJECT

    /// Two peers, each behind a NAT of its own (or none).
    static MeetingResult meetApart(World &world, const Place &first, const Place &second,
                                   double loss, const MeetingPlan &plan)
    {
        const LinkProfile home{.delay = 200us, .loss = loss / 4};
        const auto settle = [&](const Place &place) -> Host & {
            return world.addHost(place.nat
                                     ? world.addNat(world.internet(), *place.nat, home).inside()
                                     : world.internet());
        };
        const StunServer server(world);
        SimPeer a(world, settle(first), !first.nat);
        SimPeer b(world, settle(second), !second.nat);
        return meet(world, server, a, b, plan);
    }

    static QByteArray where(std::uint64_t seed)
    {
        return "seed " + QByteArray::number(quint64(seed)) + " (POSTERN_SIM_SEED plays it alone)";
    }

    template<typename Play> static void forSeeds(int count, Play play)
    {
        bool single = false;
        const int only = qEnvironmentVariableIntValue("POSTERN_SIM_SEED", &single);
        for (int seed = single ? only : 1; seed <= (single ? only : count); ++seed) {
            play(static_cast<std::uint64_t>(seed));
            if (QTest::currentTestFailed())
                return;
        }
    }

private slots:
    void feasiblePairsAlwaysMeet_data()
    {
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        const auto row = [](int a, int b) {
            QTest::addRow("%s + %s", PLACES[a].name, PLACES[b].name) << a << b;
        };
        for (int a = 1; a <= 4; ++a) // the cones, both roles
            for (int b = 1; b <= 4; ++b)
                row(a, b);
        for (int b = 0; b <= 7; ++b) { // public with anything
            row(0, b);
            if (b != 0)
                row(b, 0);
        }
        for (int s = 5; s <= 7; ++s) // symmetric with what lets strange ports in
            for (int cone = 1; cone <= 2; ++cone) {
                row(s, cone);
                row(cone, s);
            }
    }
    void feasiblePairsAlwaysMeet()
    {
        QFETCH(int, first);
        QFETCH(int, second);
        Statistics statistics;
        forSeeds(seedCount(), [&](std::uint64_t seed) {
            World world(seed * 1000 + static_cast<std::uint64_t>(first * 10 + second));
            const Weather weather = setWeather(world);
            MeetingPlan plan;
            plan.signalling =
                std::chrono::duration_cast<Duration>(weather.oneWay * world.uniform(1, 2)) + 2ms;
            const auto result = meetApart(world, PLACES[first], PLACES[second], weather.loss, plan);
            QVERIFY2(result.direct, where(seed));
            QVERIFY2(result.packets <= 200 * result.attempts, where(seed));
            statistics.roundTrips.push_back(
                static_cast<double>(toMilliseconds(result.toPath - weather.roundTrip() * 3 / 2)));
            statistics.packets.push_back(result.packets);
            statistics.restarts += result.attempts - 1;
        });
        qInfo("%-28s beyond 1.5 RTT: median %4.0f ms, p95 %5.0f ms; packets: median %3d, p95 %3d; "
              "restarts %d",
              QTest::currentDataTag(), percentile(statistics.roundTrips, 0.5),
              percentile(statistics.roundTrips, 0.95), percentile(statistics.packets, 0.5),
              percentile(statistics.packets, 0.95), statistics.restarts);
    }

private:
    static const Place PLACES[8];
};

const Place PunchSimulation::PLACES[8] = {PUBLIC, FC, RC, PC, LINUX, ADM, SEQUENTIAL, RANDOM};

QTEST_GUILESS_MAIN(PunchSimulation)
#include "punch_test.moc"
