// The pairing table against the classic one, its odds against the known figures.

#include "core/nat/pairing.h"

#include <QTest>

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
