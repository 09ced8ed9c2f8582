// Every mapping with every filtering and every way to give ports, against every other, through
// whatever else a NAT may be and do (layers, hairpin, time-outs, the size of its table and what it
// does when that is full, poisoning, its answers to strangers) and the weather (delay, reorder,
// loss): each cell says what must come out. A relay where a direct path is feasible is a failure,
// and so is a direct path by another strategy than the cell's.
//
// Each ordered pair of kinds meets in a covering choice of all other dimensions of both sides:
// any two of their values stand together at least once in each pair. So 45 x 45 x some twenty
// cells are played (punch_circumstances: the full product of the others for each kind). The count
// is printed.
//
// POSTERN_SIM_STRENGTH=3: any three. POSTERN_SIM_SEEDS: so many seeds for each cell.
// POSTERN_SIM_CELL plays a single one of the row
// that is named on the command line, and tells what both sides did.

#include "tests/support/sanitized.h"
#include "tests/support/simnet/kind.h"
#include "tests/support/simnet/tally.h"

#include <QTest>

#include <algorithm>

using namespace postern;
using namespace postern::simnet;

namespace {

int strength()
{
    bool given = false;
    const int wanted = qEnvironmentVariableIntValue("POSTERN_SIM_STRENGTH", &given);
    return given ? std::clamp(wanted, 1, 4) : 2;
}

} // namespace

class PunchProduct : public QObject {
    Q_OBJECT

private slots:
    void everyPair_data()
    {
        QTest::addColumn<int>("first");
        for (int kind = 0; kind < allKinds().size(); ++kind)
            QTest::addRow("%s", qPrintable(allKinds()[kind].name)) << kind;
    }
    /// One row of the table: this kind controlling, with each of the others.
    void everyPair()
    {
        QFETCH(int, first);
        static const auto sizes = circumstanceSizes() + circumstanceSizes() + weatherSizes();
        static const auto choices = coveringChoices(sizes, strength(), 1);
        const auto ofSide = circumstanceSizes().size();
        const int seeds = seedsPerCell(1);
        Tally tally;
        for (int second = 0; second < allKinds().size(); ++second) {
            constexpr int STEP = SANITIZED ? 5 : 1;
            for (int choice = SANITIZED ? second % STEP : 0; choice < choices.size();
                 choice += STEP) {
                const auto &chosen = choices[choice];
                const Cell cell{
                    {allKinds()[first], circumstanceOf(chosen)},
                    {allKinds()[second], circumstanceOf(chosen, static_cast<int>(ofSide))},
                    weatherOf(chosen, static_cast<int>(2 * ofSide))};
                const auto number = second * choices.size() + choice;
                for (int seed = 1; seed <= seeds; ++seed)
                    QVERIFY2(tally.play(cell, number, number * 100 + first * 1'000'003 + seed),
                             tally.story());
            }
        }
        tally.print();
        m_cells += tally.cells();
    }
    void cleanupTestCase() { qInfo("%lld cells x %d seeds", m_cells, seedsPerCell(1)); }

private:
    long long m_cells = 0;
};

QTEST_GUILESS_MAIN(PunchProduct)
#include "punch_product_test.moc"
