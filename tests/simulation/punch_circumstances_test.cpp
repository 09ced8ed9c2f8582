// Every kind of network through every combination of what else it may be and do: hairpin, layers
// 1 to 3 with full or strict NATs inside, idle and absolute time-outs, size of the table and what
// it does when full, poisoning, and its answers to strangers. In each the kind meets one of all
// kinds in one of all circumstances; these take turns, so that all of them come up with each kind.
// As in punch_product, each cell says what must come out.
//
// A path is left alone then for longer than the shortest idle time-out, and a cut mapping: it has
// to carry data still, or its end has to be noticed.
//
// POSTERN_SIM_SEEDS, POSTERN_SIM_CELL: as in punch_product.

#include "tests/support/sanitized.h"
#include "tests/support/simnet/kind.h"
#include "tests/support/simnet/tally.h"

#include <QTest>

using namespace postern;
using namespace postern::simnet;

class PunchCircumstances : public QObject {
    Q_OBJECT

private slots:
    void everyCircumstance_data()
    {
        QTest::addColumn<int>("first");
        for (int kind = 0; kind < allKinds().size(); ++kind)
            QTest::addRow("%s", qPrintable(allKinds()[kind].name)) << kind;
    }
    void everyCircumstance()
    {
        QFETCH(int, first);
        static const auto all = combinations(circumstanceSizes());
        static const auto weathers = combinations(weatherSizes());
        constexpr qint64 TURN = 1009; // prime to the count: the peer goes through all of them, too
        const int seeds = seedsPerCell(1);
        Tally tally;
        constexpr int STEP = SANITIZED ? 11 : 1;
        for (qint64 number = 0; number < all; number += STEP) {
            const auto other = (number * TURN + first) % all;
            const Side ours{allKinds()[first],
                            circumstanceOf(choiceOf(number, circumstanceSizes()))};
            const Side theirs{allKinds()[(number + first) % allKinds().size()],
                              circumstanceOf(choiceOf(other, circumstanceSizes()))};
            const auto weather = weatherOf(choiceOf(number / 7 % weathers, weatherSizes()));
            const bool controls = number % 2 == 0;
            const Cell cell{controls ? ours : theirs, controls ? theirs : ours, weather};
            for (int seed = 1; seed <= seeds; ++seed)
                QVERIFY2(tally.play(cell, number, number * 100 + first * 1'000'003 + seed),
                         tally.story());
        }
        tally.print();
        m_cells += tally.cells();
    }

    void pathsLiveOrTheirEndIsNoticed_data() { everyCircumstance_data(); }
    void pathsLiveOrTheirEndIsNoticed()
    {
        QFETCH(int, first);
        int lived = 0;
        int lost = 0;
        for (qint64 number = 0; number < 24; ++number) {
            auto ours = circumstanceOf(choiceOf(number * 73, circumstanceSizes()));
            auto theirs = circumstanceOf(choiceOf(number * 101, circumstanceSizes()));
            ours.idle = theirs.idle = 30s;
            ours.absolute = number % 2 == 0 ? Duration::max() : Duration(60s);
            theirs.absolute = Duration::max();
            ours.table = theirs.table = 4096;
            const Cell cell{{allKinds()[first], ours},
                            {allKinds()[(number * 2 + first) % allKinds().size()], theirs},
                            {}};
            const auto played = simnet::play(cell, static_cast<std::uint64_t>(number), 75s);
            if (!played.result.direct)
                continue;
            const auto story = cell.name().toUtf8();
            QVERIFY2(played.lived > 0ms || played.lost, story);
            QVERIFY2(ours.absolute != Duration::max() || played.lived > 0ms, story);
            lived += played.lived > 0ms ? 1 : 0;
            lost += played.lost ? 1 : 0;
        }
        qInfo("%-16s %d lived, %d cut and noticed", QTest::currentDataTag(), lived, lost);
    }
    void cleanupTestCase() { qInfo("%lld cells x %d seeds", m_cells, seedsPerCell(1)); }

private:
    long long m_cells = 0;
};

QTEST_GUILESS_MAIN(PunchCircumstances)
#include "punch_circumstances_test.moc"
