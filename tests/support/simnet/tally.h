#pragma once
// What the product tests share: how many seeds a cell gets, which cells of a row are played, and
// what came out of them.

#include "tests/support/simnet/kind.h"

namespace postern::simnet {

/// POSTERN_SIM_SEEDS, else the usual number.
int seedsPerCell(int usual);

class Tally {
public:
    /// Plays a cell; false if what came out is not what must.
    bool play(const Cell &cell, qint64 number, qint64 seed);
    QByteArray story() const { return m_story; }
    void print() const;
    long long cells() const { return m_cells; }

private:
    QByteArray m_story;
    long long m_cells = 0;
    int m_direct = 0;
    int m_feasible = 0;
    qint64 m_last = -1;
};

} // namespace postern::simnet
