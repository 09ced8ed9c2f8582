// The pairing table against the classic one, its odds against the known figures.

#include "core/nat/pairing.h"

#include <QTest>

using namespace postern;
using namespace postern::nat;

namespace {

NetworkBehaviour network(Mapping mapping, Filtering filtering,
                         Allocation allocation = Allocation::Preserve)
{
    NetworkBehaviour made;
    made.udp.passes = Answer::Yes;
    made.udp.mapping = mapping;
    made.udp.filtering = filtering;
    made.udp.allocation = allocation;
    made.udp.delta = allocation == Allocation::Sequential ? 1 : 0;
    made.isPublic = Answer::No;
    made.depth = 1;
    return made;
}

NetworkBehaviour block(quint16 lowest, quint16 highest)
{
    auto made = network(Mapping::AddressAndPortDependent, Filtering::AddressAndPortDependent,
                        Allocation::Block);
    made.udp.lowest = lowest;
    made.udp.highest = highest;
    return made;
}

constexpr auto EIM = Mapping::EndpointIndependent;
constexpr auto ADM = Mapping::AddressDependent;
constexpr auto APDM = Mapping::AddressAndPortDependent;
constexpr auto EIF = Filtering::EndpointIndependent;
constexpr auto ADF = Filtering::AddressDependent;
constexpr auto APDF = Filtering::AddressAndPortDependent;

/// The networks of the classic table by name.
NetworkBehaviour named(const QString &name)
{
    NetworkBehaviour publicHost = network(EIM, EIF);
    publicHost.isPublic = Answer::Yes;
    NetworkBehaviour blocked;
    blocked.udp.passes = Answer::No;
    blocked.isPublic = Answer::No;
    const QHash<QString, NetworkBehaviour> all{
        {"public", publicHost},
        {"FC", network(EIM, EIF)},
        {"RC", network(EIM, ADF)},
        {"PC", network(EIM, APDF)},
        {"S-open", network(APDM, EIF, Allocation::Random)},
        {"S-open-seq", network(APDM, ADF, Allocation::Sequential)},
        {"S-seq", network(APDM, APDF, Allocation::Sequential)},
        {"S-keep", network(APDM, APDF, Allocation::Preserve)},
        {"S-rand", network(APDM, APDF, Allocation::Random)},
        {"A-seq", network(ADM, APDF, Allocation::Sequential)},
        {"A-rand", network(ADM, APDF, Allocation::Random)},
        {"S-block", block(30'000, 30'511)},
        {"S-big-block", block(30'000, 45'000)},
        {"S-carrier", block(30'000, 32'015)},
        {"blocked", blocked},
        {"unknown", {}},
    };
    return all.value(name);
}

} // namespace

class NatPairing : public QObject {
    Q_OBJECT

private slots:
    void table_data()
    {
        QTest::addColumn<QString>("first");
        QTest::addColumn<QString>("second");
        QTest::addColumn<QString>("ways");
        const auto row = [](const char *first, const char *second, const char *ways) {
            QTest::addRow("%s + %s", first, second)
                << QString(first) << QString(second) << QString(ways);
        };
        for (const char *any : {"FC", "RC", "PC", "unknown"})
            row("public", any, "punch relay");
        row("public", "S-rand", "punch birthday relay");
        for (const char *cone : {"FC", "RC", "PC"}) {
            row(cone, "FC", "punch fresh-ports relay");
            row(cone, "RC", "punch fresh-ports relay");
            row(cone, "PC", "punch fresh-ports relay");
        }
        for (const char *cone : {"FC", "RC"}) {
            row("S-rand", cone, "punch birthday relay");
            row("S-seq", cone, "punch predict relay");
        }
        for (const char *strict : {"PC", "unknown"}) {
            row("S-seq", strict, "predict relay");
            row("S-keep", strict, "predict relay");
            row("A-seq", strict, "predict relay");
            row("S-rand", strict, "birthday relay");
            row("A-rand", strict, "birthday relay");
            row("S-block", strict, "birthday relay");
            row("S-open", strict, "birthday relay");
        }
        for (const char *seq : {"S-seq", "S-keep", "A-seq"})
            row(seq, "S-seq", "predict relay");
        for (const char *other : {"S-open", "S-seq", "S-rand", "S-block", "A-rand"})
            row("S-open", other, "birthday relay");
        row("S-open-seq", "S-rand", "predict relay");
        row("S-open-seq", "S-open", "predict relay");
        row("A-seq", "S-rand", "birthday relay"); // one mapping per peer address
        row("A-seq", "A-rand", "birthday relay");
        row("S-seq", "S-rand", "relay");
        row("S-seq", "A-rand", "relay");
        row("S-rand", "S-rand", "relay");
        row("A-rand", "A-rand", "relay");
        row("S-seq", "S-block", "birthday relay"); // small enough
        row("S-block", "S-block", "birthday relay");
        row("S-seq", "S-big-block", "relay");
        for (const char *any : {"public", "FC", "PC", "S-seq", "S-rand", "unknown", "blocked"})
            row("blocked", any, "relay");
        row("unknown", "unknown", "punch fresh-ports relay");
        row("unknown", "RC", "punch fresh-ports relay");
        row("unknown", "PC", "punch birthday relay");
    }
    void table()
    {
        QFETCH(QString, first);
        QFETCH(QString, second);
        QFETCH(QString, ways);
        const auto waysOf = [](const Plan &plan) {
            QStringList names;
            for (const auto &step : plan.steps)
                names.append(wayName(step.way));
            return names.join(' ');
        };
        QCOMPARE(waysOf(planFor(named(first), named(second))), ways);
        QCOMPARE(waysOf(planFor(named(second), named(first))), ways); // in either role
        QVERIFY(!reasonFor(planFor(named(first), named(second)), true).isEmpty());
        QVERIFY(!reasonFor(planFor(named(first), named(second)), false).isEmpty());
    }

    /// FACTS section 2.
    void odds()
    {
        const auto near = [](double value, double expected, double tolerance) {
            return qAbs(value - expected) <= tolerance;
        };
        QVERIFY(near(birthdayOdds(256, 256, 64512), 0.64, 0.005));
        QVERIFY(near(birthdayOdds(256, 1000, 64512), 0.982, 0.001));
        QVERIFY(near(birthdayOdds(256, 2048, 64512), 0.9997, 0.0001));
        QVERIFY(near(birthdayOdds(128, 256, 16384), 0.87, 0.005));
        QVERIFY(near(birthdayOdds(84, 174, 2016), 0.9996, 0.0001));
        QVERIFY(near(birthdayOdds(8, 64, 64), 1, 0));
        QVERIFY(near(crossingOdds(25, 0), 1, 0));
        QVERIFY(near(crossingOdds(25, 5), 0.694, 0.001));
        QVERIFY(near(boundOdds(1000, 64512), 0.015, 0.001));
        QVERIFY(near(boundOdds(1000, 2016), 0.39, 0.005));
        QVERIFY(near(mutualOdds(54000, 54000, 64512, 64512), 0.50, 0.01));
        QVERIFY(birthdayOdds(256, probesFor(0.98, 256, 64512), 64512) >= 0.98);
    }

    // --- FACTS section 1, row by row -----------------------------------------------------------

    static const Share &shareOf(const Step &step, bool controlling)
    {
        return controlling ? step.controlling : step.controlled;
    }

    /// "The NATed side connects out": nothing can be spoilt at the public side.
    void rowPublicAndAnything()
    {
        for (const char *any : {"FC", "RC", "PC", "S-rand", "S-seq", "unknown"}) {
            const Plan plan = planFor(named("public"), named(any));
            QCOMPARE(plan.steps[0].way, Way::Punch);
            QCOMPARE(plan.steps[0].first, First::Controlled);
            QVERIFY(plan.steps[0].controlled.openly);
            QCOMPARE(planFor(named(any), named("public")).steps[0].first, First::Controlling);
        }
    }

    /// "Both send at the same time": first packets that could spoil something end half-way.
    void rowConeAndCone()
    {
        for (const char *one : {"FC", "RC", "PC"}) {
            for (const char *other : {"FC", "RC", "PC"}) {
                const Plan plan = planFor(named(one), named(other));
                const Step &step = plan.steps[0];
                QCOMPARE(step.first, First::Both);
                QCOMPARE(step.controlling.openly, other != QLatin1String("PC"));
                QCOMPARE(step.controlled.openly, one != QLatin1String("PC"));
                QCOMPARE(step.controlling.ttl, 2); // one NAT + 1
                QVERIFY(step.probability >= 0.99);
                QCOMPARE(plan.steps[1].way, Way::FreshPorts);
                QCOMPARE(plan.steps[1].tries, 3);
                QCOMPARE(plan.steps[1].controlling.tells, Told::Mapped);
            }
        }
    }

    /// "The S side just sends", "works once the RC side has sent anything".
    void rowSymmetricAndLooseCone()
    {
        for (const char *loose : {"FC", "RC"}) {
            const Plan plan = planFor(named("S-rand"), named(loose));
            QCOMPARE(plan.steps[0].way, Way::Punch);
            QCOMPARE(plan.steps[0].controlling.part, Part::Checks);
            QVERIFY(plan.steps[0].controlling.openly);
            QVERIFY(plan.steps[0].probability >= 0.99);
        }
    }

    /// "Port prediction (sequential) or birthday probing (random)", in either role.
    void rowSymmetricAndPortRestricted()
    {
        for (const bool controls : {true, false}) {
            const auto planned = [&](const char *s) {
                return controls ? planFor(named(s), named("PC")) : planFor(named("PC"), named(s));
            };
            const Step predict = planned("S-seq").steps[0];
            QCOMPARE(predict.way, Way::Predict);
            QCOMPARE(predict.first, controls ? First::Controlling : First::Controlled);
            QCOMPARE(shareOf(predict, controls).part, Part::Opens);
            QCOMPARE(shareOf(predict, controls).tells, Told::Predicted);
            QCOMPARE(shareOf(predict, controls).sockets, 8);
            QCOMPARE(shareOf(predict, !controls).part, Part::Guesses);
            QCOMPARE(shareOf(predict, !controls).probes, shareOf(predict, controls).ports);
            QCOMPARE(predict.tries, 2);
            QCOMPARE(shareOf(planned("S-keep").steps[0], controls).tells, Told::Preserved);
            const Step birthday = planned("S-rand").steps[0];
            QCOMPARE(birthday.way, Way::Birthday);
            QCOMPARE(shareOf(birthday, controls).part, Part::Opens);
            QCOMPARE(shareOf(birthday, controls).sockets, 256);
            QVERIFY(shareOf(birthday, !controls).probes > 1000);
            QVERIFY(shareOf(birthday, !controls).probes <= 2048);
            QCOMPARE(birthday.interval, Duration(2ms));
            QVERIFY(birthday.probability >= 0.998);
        }
    }

    void rowBothSequential()
    {
        const Step step = planFor(named("S-seq"), named("S-seq")).steps[0];
        for (const bool controlling : {true, false}) {
            QCOMPARE(shareOf(step, controlling).part, Part::Crosses);
            QCOMPARE(shareOf(step, controlling).sockets, 25);
            QCOMPARE(shareOf(step, controlling).tells, Told::Predicted);
        }
        QCOMPARE(step.first, First::Both);
    }

    /// "The source port need not match": the open side opens, the other guesses.
    void rowEitherSideOpenCollapsesToBirthday()
    {
        for (const char *strict : {"S-rand", "S-seq", "A-rand"}) {
            const Step step = planFor(named("S-open"), named(strict)).steps[0];
            QCOMPARE(step.way, Way::Birthday);
            QCOMPARE(step.controlling.part, Part::Opens);
            QCOMPARE(step.controlled.part, Part::Guesses);
            QVERIFY(step.probability >= 0.998);
        }
    }

    /// "Once its port is known or predicted it is a port restricted cone."
    void rowOneSideAddressDependent()
    {
        const Step step = planFor(named("A-seq"), named("S-rand")).steps[0];
        QCOMPARE(step.controlling.tells, Told::Predicted);
        QCOMPARE(step.controlling.ports, 1);
        QCOMPARE(step.controlling.part, Part::Guesses);
        QVERIFY(step.controlling.fresh);
        QCOMPARE(step.controlled.part, Part::Opens);
        QCOMPARE(step.controlled.sockets, 256);
        QVERIFY(step.probability > 0.9);
        QVERIFY(planFor(named("S-seq"), named("S-rand")).directProbability < 0.05); // APDM
    }

    /// "Hardly feasible: relay, try only where the block is small, and say so."
    void rowSequentialAndRandom()
    {
        const Plan wide = planFor(named("S-seq"), named("S-rand"));
        QVERIFY(!wide.isDirectWorthTrying());
        QVERIFY(qAbs(wide.directProbability - 0.015) < 0.001);
        QCOMPARE(reasonFor(wide, true),
                 QStringLiteral("Both routers give each destination a new port. A direct path has "
                                "about 2% chance."));
        const Plan carrier = planFor(named("S-seq"), named("S-carrier"));
        QVERIFY(carrier.isDirectWorthTrying());
        QVERIFY(qAbs(carrier.directProbability - 0.39) < 0.01);
        QCOMPARE(carrier.steps[0].controlling.ports, 1000);
        QCOMPARE(carrier.steps[0].controlled.probes, 1000);
        QVERIFY(reasonFor(carrier, true).contains("the chance to meet is about 39%"));
        QVERIFY(reasonFor(carrier, false).contains("the chance to meet is about 39%"));
    }

    /// "Not feasible: relay, and say so."
    void rowBothRandom()
    {
        const Plan plan = planFor(named("S-rand"), named("S-rand"));
        QCOMPARE(plan.steps.size(), 1);
        QCOMPARE(plan.steps[0].way, Way::Relay);
        QVERIFY(plan.directProbability > 0 && plan.directProbability < 0.001);
        QVERIFY(reasonFor(plan, true).endsWith("A direct path has less than 1% chance."));
        const Plan blocks = planFor(named("S-carrier"), named("S-carrier"));
        QVERIFY(qAbs(blocks.directProbability - 0.218) < 0.01); // 1,000 of 2,016 each
    }

    void rowUdpBlocked()
    {
        const Plan plan = planFor(named("blocked"), named("FC"));
        QVERIFY(!plan.isDirectWorthTrying());
        QCOMPARE(reasonFor(plan, true), QStringLiteral("Your network blocks UDP."));
        QCOMPARE(reasonFor(plan, false), QStringLiteral("Their network blocks UDP."));
        QCOMPARE(reasonFor(planFor(named("blocked"), named("blocked")), true),
                 QStringLiteral("Both networks block UDP."));
    }

    // --- what is measured is used --------------------------------------------------------------

    void openersPassAllOurRouters()
    {
        auto deep = named("PC");
        deep.depth = 3;
        QCOMPARE(planFor(deep, named("PC")).steps[0].controlling.ttl, 4);
        deep.depth = 1;
        deep.hops = 2; // a router that is no NAT stands before it
        QCOMPARE(planFor(deep, named("PC")).steps[0].controlling.ttl, 3);
        deep.hops = 200;
        QVERIFY(planFor(deep, named("PC")).steps[0].controlling.ttl <= 5);
    }

    /// Where odd stays odd, even sockets have half of the ports: half the guesses do.
    void parityHalvesTheRange()
    {
        auto even = named("S-rand");
        even.udp.keepsParity = Answer::Yes;
        const Step half = planFor(even, named("PC")).steps[0];
        const Step all = planFor(named("S-rand"), named("PC")).steps[0];
        QVERIFY(half.controlling.even);
        QVERIFY(half.controlled.peer.even);
        QCOMPARE(half.controlled.peer.size(), 64512 / 2);
        QVERIFY(half.controlling.sockets * half.controlled.probes
                <= 0.55 * all.controlling.sockets * all.controlled.probes);
        QVERIFY(half.probability >= 0.998);
        auto counting = named("S-seq");
        counting.udp.keepsParity = Answer::Yes;
        counting.udp.delta = 2;
        const Step predict = planFor(counting, named("PC")).steps[0];
        QVERIFY(predict.controlling.even);
        QCOMPARE(predict.controlling.step, 2);
        auto keeping = named("S-keep");
        keeping.udp.keepsParity = Answer::Yes; // it keeps the whole port
        QVERIFY(!planFor(keeping, named("PC")).steps[0].controlling.even);
    }

    /// What others take between sample and use is reckoned with, by the measured rate and way.
    void foreignMappingsAreReckonedWith()
    {
        auto busy = named("S-seq");
        busy.udp.foreignPerSecond = 100;
        busy.roundTripMs = 40;
        auto calm = named("S-seq");
        calm.roundTripMs = 60;
        const Plan plan = planFor(busy, calm);
        QCOMPARE(plan.halfRoundTrip, Duration(50ms));
        const Share &share = plan.steps[0].controlling;
        QCOMPARE(share.foreign, 10); // 40 + 50 + 5 ms
        QVERIFY(share.aimFrom < 0 && share.aimFrom + share.aimWidth > 0); // more or fewer
        QVERIFY(share.ports >= share.sockets + share.aimFrom + share.aimWidth);
        QVERIFY(plan.directProbability >= crossingOdds(25, 10));
        QVERIFY(planFor(calm, calm).directProbability >= 0.99);
    }

    /// Half of the round trip between the two, by what each measured of its own.
    void bothBeginAtOneTime()
    {
        auto near = named("S-rand");
        near.roundTripMs = 20;
        auto far = named("PC");
        far.roundTripMs = 180;
        const Plan plan = planFor(near, far);
        QCOMPARE(plan.halfRoundTrip, Duration(100ms));
        const Step &step = plan.steps[0];
        QVERIFY(step.controlled.leadIn >= 100ms); // hears of it sooner, and guesses
        QCOMPARE(step.controlling.leadIn, Duration{}); // opens at once
        QVERIFY(planFor(far, near).steps[0].controlling.leadIn <= 100ms);
        QCOMPARE(planFor(named("PC"), far).halfRoundTrip, Duration{}); // one is not known
        far.roundTripMs = 65'535;
        QVERIFY(planFor(near, far).halfRoundTrip <= 1010ms);
    }

    void birthdayIsSizedByTheRange()
    {
        const Plan wide = planFor(named("S-rand"), named("PC"));
        QCOMPARE(wide.steps[0].controlling.part, Part::Opens);
        QCOMPARE(wide.steps[0].controlling.sockets, 256);
        QCOMPARE(wide.steps[0].controlled.part, Part::Guesses);
        QVERIFY(wide.steps[0].controlled.probes <= 2048);
        QVERIFY(wide.directProbability >= 0.998);
        const Plan narrow = planFor(named("PC"), block(32'000, 34'015));
        QCOMPARE(narrow.steps[0].controlled.part, Part::Opens);
        QVERIFY(narrow.steps[0].controlled.sockets <= 100);
        QVERIFY(narrow.steps[0].controlling.probes <= 200);
        QCOMPARE(narrow.steps[0].controlling.peer, (PortRange{32'000, 34'015}));
        QVERIFY(narrow.directProbability >= 0.998);
    }

    /// What a peer says of its network can't make a plan larger than the limits.
    void descriptorsAreNotTrusted()
    {
        for (const qint32 foreign : {INT_MIN, -1, 0, 1'000'000, INT_MAX}) {
            for (const qint32 delta : {INT_MIN, -7, 0, 1, 5000, INT_MAX}) {
                auto hostile = named("S-seq");
                hostile.udp.foreignPerSecond = foreign;
                hostile.udp.delta = delta;
                hostile.udp.keepsParity = Answer::Yes;
                hostile.udp.lowest = 65535;
                hostile.udp.highest = 1;
                hostile.depth = 255;
                for (const char *other : {"PC", "S-seq", "S-rand", "S-open", "unknown"}) {
                    for (const Plan &plan :
                         {planFor(hostile, named(other)), planFor(named(other), hostile)}) {
                        for (const Step &step : plan.steps) {
                            for (const Share &share : {step.controlling, step.controlled}) {
                                QVERIFY(share.sockets >= 0 && share.sockets <= MOST_SOCKETS);
                                QVERIFY(share.probes >= 0 && share.probes <= MOST_PROBES);
                                QVERIFY(share.ports >= 0 && share.ports <= MOST_PROBES);
                                QVERIFY(share.ttl <= 5);
                                QVERIFY(share.peer.size() > 0);
                            }
                        }
                    }
                }
            }
        }
    }

    void reasonsStateTheOdds()
    {
        const Plan none = planFor(named("S-rand"), named("S-rand"));
        QCOMPARE(reasonFor(none, true),
                 QStringLiteral("Both routers choose ports at random. A direct path has less than "
                                "1% chance."));
        const Plan birthday = planFor(named("S-rand"), named("PC"));
        QVERIFY(reasonFor(birthday, true).startsWith("Your router gives each destination"));
        QVERIFY(reasonFor(birthday, false).startsWith("Their router gives each destination"));
    }
};

QTEST_GUILESS_MAIN(NatPairing)
#include "nat_pairing_test.moc"
