#include "tests/support/simnet/tally.h"

#include "tests/support/sanitized.h"

#include <QTest>

namespace postern::simnet {

namespace {

constexpr int STRIDE = SANITIZED ? 37 : 1; ///< one cell of so many is played

} // namespace

int seedsPerCell(int usual)
{
    bool given = false;
    const int count = qEnvironmentVariableIntValue("POSTERN_SIM_SEEDS", &given);
    return given ? std::max(count, 1) : usual;
}

bool Tally::play(const Cell &cell, qint64 number, qint64 seed)
{
    bool single = false;
    const int only = qEnvironmentVariableIntValue("POSTERN_SIM_CELL", &single);
    if (single ? number != only : number % STRIDE != 0)
        return true;
    const Outcome outcome = expectedOutcome(cell.first, cell.second);
    const auto result = simnet::play(cell, static_cast<std::uint64_t>(seed), {}, single).result;
    m_cells += number != m_last ? 1 : 0;
    m_last = number;
    m_direct += result.direct ? 1 : 0;
    m_feasible += outcome != Outcome::Relay ? 1 : 0;
    m_story =
        QStringLiteral("%1: must be %2, is %3 after %4 ms (POSTERN_SIM_CELL=%5, seed %6)")
            .arg(cell.name(), outcomeName(outcome),
                 result.direct ? punch::strategyName(result.strategy) : QStringLiteral("relay"))
            .arg(toMilliseconds(result.toPath))
            .arg(number)
            .arg(seed)
            .toUtf8();
    if (single)
        qInfo("%s", m_story.constData());
    const bool mustBeDirect = outcome != Outcome::Relay && outcome != Outcome::Chance;
    return result.direct ? isAllowed(outcome, result.strategy) : !mustBeDirect;
}

void Tally::print() const
{
    qInfo("%-16s %lld cells: %d direct of %d that may be", QTest::currentDataTag(), m_cells,
          m_direct, m_feasible);
}

} // namespace postern::simnet
