#pragma once
// The same scene played for one seed after the other; POSTERN_SIM_SEED plays a single one again.

#include <QByteArray>
#include <QTest>

#include <cstdint>

namespace postern::simnet {

/// What a failed check says.
inline QByteArray story(std::uint64_t seed)
{
    return "seed " + QByteArray::number(static_cast<quint64>(seed))
        + " (POSTERN_SIM_SEED plays it alone)";
}

/// Seeds from 1 to `seeds`, until one fails.
template<typename Play> void forSeeds(int seeds, Play play)
{
    bool single = false;
    const int only = qEnvironmentVariableIntValue("POSTERN_SIM_SEED", &single);
    for (int seed = single ? only : 1; seed <= (single ? only : seeds); ++seed) {
        play(static_cast<std::uint64_t>(seed));
        if (QTest::currentTestFailed())
            return;
    }
}

} // namespace postern::simnet
