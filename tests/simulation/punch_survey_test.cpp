// Paths that are looked for while the networks are still being measured. What needs no plan does
// not wait for it; where ports have to be foretold or guessed both sides begin once both have told
// what they found, and succeed as often as if they had known it before.
//
// POSTERN_SIM_SEED plays a single seed.

#include "tests/support/simnet/meeting.h"
#include "tests/support/simnet/seeds.h"

#include <QTest>

#include <algorithm>

using namespace postern;
using namespace postern::simnet;
using namespace postern::punch;

namespace {

constexpr int SEEDS = 60;
constexpr NatProfile MOVED_CONE{.allocation = Allocation::Random}; ///< EIM, and not the own port

struct Scene {
    NatProfile first;
    NatProfile second;
    Duration firstMeasured{};
    Duration secondMeasured{};
};

MeetingResult play(const Scene &scene, std::uint64_t seed)
{
    World world(seed);
    auto &link = world.internet().link;
    link.delay = 20ms;
    link.jitter = 2ms;
    const StunServer server(world);
    const auto settle = [&](const NatProfile &nat) -> Host & {
        return world.addHost(world.addNat(world.internet(), nat).inside());
    };
    SimPeer a(world, settle(scene.first), false);
    SimPeer b(world, settle(scene.second), false);
    MeetingPlan plan;
    plan.signalling = 25ms + std::chrono::milliseconds(seed % 20);
    plan.first = describe({scene.first});
    plan.second = describe({scene.second});
    plan.first.roundTripMs = plan.second.roundTripMs =
        static_cast<quint16>(toMilliseconds(plan.signalling));
    plan.firstMeasured = scene.firstMeasured;
    plan.secondMeasured = scene.secondMeasured;
    return meet(world, server, a, b, plan);
}

} // namespace

class PunchSurvey : public QObject {
    Q_OBJECT

private slots:
    void whatNeedsNoPlanDoesNotWait_data()
    {
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        for (int first = 0; first < 5; ++first)
            for (int second = 0; second < 5; ++second)
                if (first < 3 || second < 2) // else ports have to be guessed
                    if (first < 2 || second < 3)
                        QTest::addRow("%s + %s", NAMES[first], NAMES[second]) << first << second;
    }
    void whatNeedsNoPlanDoesNotWait()
    {
        QFETCH(int, first);
        QFETCH(int, second);
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto result = play({NATS[first], NATS[second], 1h, 1h}, seed);
            QVERIFY2(result.direct, story(seed));
            QCOMPARE(result.strategy, Strategy::UdpPunch);
            QVERIFY2(result.toPath <= 60ms + AgentTimings{}.holdOff + 40ms, story(seed));
        });
    }

    void portsAreSearchedOnceBothAreMeasured_data()
    {
        QTest::addColumn<int>("first");
        QTest::addColumn<int>("second");
        QTest::addColumn<int>("firstMs");
        QTest::addColumn<int>("secondMs");
        const int moments[][2] = {{900, 0}, {0, 900}, {900, 900}, {300, 1100}};
        const int pairs[][2] = {{3, 2}, {2, 3}, {4, 2}, {2, 4}, {3, 3}};
        for (const auto &pair : pairs)
            for (const auto &moment : moments)
                QTest::addRow("%s after %d ms + %s after %d ms", NAMES[pair[0]], moment[0],
                              NAMES[pair[1]], moment[1])
                    << pair[0] << pair[1] << moment[0] << moment[1];
    }
    void portsAreSearchedOnceBothAreMeasured()
    {
        QFETCH(int, first);
        QFETCH(int, second);
        QFETCH(int, firstMs);
        QFETCH(int, secondMs);
        const auto ms = [](int count) { return Duration(std::chrono::milliseconds(count)); };
        int early = 0;
        int late = 0;
        std::vector<Duration> beyond; // what the survey cost
        forSeeds(SEEDS, [&](std::uint64_t seed) {
            const auto known = play({NATS[first], NATS[second]}, seed);
            const auto told = play({NATS[first], NATS[second], ms(firstMs), ms(secondMs)}, seed);
            early += known.direct ? 1 : 0;
            late += told.direct ? 1 : 0;
            if (known.direct && told.direct)
                beyond.push_back(told.toPath - known.toPath);
        });
        QVERIFY(!beyond.empty());
        std::nth_element(beyond.begin(), beyond.begin() + beyond.size() / 2, beyond.end());
        const auto median = beyond[beyond.size() / 2];
        qInfo("%s: direct %d, had it been known %d; %lld ms later", QTest::currentDataTag(), late,
              early, static_cast<long long>(toMilliseconds(median)));
        QVERIFY(late >= early - SEEDS / 15);
        QVERIFY(median <= ms(std::max(firstMs, secondMs)) + 150ms);
    }

private:
    static constexpr const char *NAMES[] = {"full cone", "restricted cone", "moved cone",
                                            "sequential", "random"};
    static const NatProfile NATS[5];
};

const NatProfile PunchSurvey::NATS[5] = {FULL_CONE, RESTRICTED_CONE, MOVED_CONE,
                                         SYMMETRIC_SEQUENTIAL, SYMMETRIC_RANDOM};

QTEST_GUILESS_MAIN(PunchSurvey)
#include "punch_survey_test.moc"
