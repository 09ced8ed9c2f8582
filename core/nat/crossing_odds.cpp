#include "core/nat/crossing_odds.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <random>

namespace postern::nat {

namespace {

constexpr int DRAWS = 4000;
constexpr int MOST_SOCKETS = 64;
constexpr int AT_ONCE = 4; ///< packets that leave together before the pacing sets in
constexpr double HOPELESS = 200; ///< mappings of others between: a window of twelve is missed
using Shifts = std::array<int, MOST_SOCKETS>;

class Draw {
public:
    explicit Draw(std::mt19937_64 &random)
        : m_random(random)
    {
    }
    /// Poisson's, by inversion: the library's own differ from one to the next.
    int poisson(double mean)
    {
        if (mean <= 0)
            return 0;
        double left = static_cast<double>(m_random() >> 11) * 0x1.0p-53;
        double part = std::exp(-mean);
        int count = 0;
        while (left > part && count < 10 * HOPELESS) {
            left -= part;
            part *= mean / ++count;
        }
        return count;
    }
    /// By how much each socket lies beyond the port that was told for it.
    Shifts shifts(const Crossing::Side &side, int sockets)
    {
        Shifts shifts{};
        int shift = poisson(side.before) - side.reckoned;
        for (int i = 0; i < sockets; ++i) {
            shifts[static_cast<std::size_t>(i)] = shift;
            if (i >= AT_ONCE - 1)
                shift += poisson(side.perShot);
        }
        return shifts;
    }

private:
    std::mt19937_64 &m_random;
};

/// The nth of the spreading side lies at the mth told port, and the mth of the other one sends
/// there: they meet if that one lies where the nth sends to.
bool meet(const Crossing &crossing, int sockets, const Shifts &spreading, const Shifts &other)
{
    for (int n = 0; n < sockets; ++n) {
        const int m = n + spreading[static_cast<std::size_t>(n)];
        const int aim = n + crossing.aimFrom + n % crossing.aimWidth;
        if (m >= 0 && m < sockets && aim == m + other[static_cast<std::size_t>(m)])
            return true;
    }
    return false;
}

} // namespace

double crossedOdds(const Crossing &crossing)
{
    const int sockets = crossing.sockets < MOST_SOCKETS ? crossing.sockets : MOST_SOCKETS;
    if (crossing.aimWidth < 1 || crossing.spreading.before + crossing.other.before > HOPELESS)
        return 0;
    std::mt19937_64 random(1);
    Draw draw(random);
    int met = 0;
    for (int i = 0; i < DRAWS; ++i) {
        const auto spreading = draw.shifts(crossing.spreading, sockets);
        met += meet(crossing, sockets, spreading, draw.shifts(crossing.other, sockets)) ? 1 : 0;
    }
    return static_cast<double>(met) / DRAWS;
}

} // namespace postern::nat
