#pragma once
// The networks that searches are played between: every kind of NAT by what RFC 4787 says of it,
// and whatever else a NAT may be and do (a circumstance), each counted through. What must come out
// of a pair is the classic table once more, written from its words and not from our code.

#include "tests/support/simnet/meeting.h"

namespace postern::simnet {

/// How one side's outermost NAT maps, filters and gives ports.
struct Kind {
    QString name;
    NatProfile nat;

    bool isSymmetric() const { return nat.mapping != Mapping::EndpointIndependent; }
    bool isOpen() const { return nat.filtering != Filtering::AddressAndPortDependent; }
    bool isForeseen() const
    {
        return nat.allocation == Allocation::Preserve || nat.allocation == Allocation::Sequential;
    }
    bool isBlock() const { return nat.allocation == Allocation::Block; }
    bool isOneMappingPerPeer() const { return nat.mapping == Mapping::AddressDependent; }
};
/// Mapping (3) x filtering (3) x allocation (preserve, +1, +2, random, block).
const QList<Kind> &allKinds();

/// What does not change the kind.
struct Circumstance {
    bool hairpin = false;
    int layers = 1; ///< NATs, the kind's outermost ...
    bool strictInside = false; ///< ... and those behind it port restricted cones, else full ones
    Duration idle = 120s;
    Duration absolute = Duration::max();
    std::size_t table = 4096;
    Overflow overflow = Overflow::Refuse;
    bool poisoned = false;
    Unsolicited unsolicited = Unsolicited::Drop;

    QString name() const;
};
struct Weather {
    Duration delay = 20ms;
    Duration jitter{}; ///< packets overtake each other
    double loss = 0;

    QString name() const;
};

/// The values of each dimension; a choice is one number for each of them.
using Choice = QList<int>;
QList<int> circumstanceSizes();
Circumstance circumstanceOf(const Choice &choice, int from = 0);
QList<int> weatherSizes();
Weather weatherOf(const Choice &choice, int from = 0);
/// The `number`th of all combinations of dimensions of these sizes.
Choice choiceOf(qint64 number, const QList<int> &sizes);
qint64 combinations(const QList<int> &sizes);
/// Few choices among which any `strength` values of that many dimensions stand together at least
/// once.
QList<Choice> coveringChoices(const QList<int> &sizes, int strength, std::uint64_t seed);

struct Side { ///< one side of a cell
    Kind kind;
    Circumstance circumstance;
};

enum class Outcome {
    Punch,
    Predict,
    Birthday,
    Chance, ///< a direct path or none: the odds are less than certain
    Relay
};
QString outcomeName(Outcome outcome);
Outcome expectedOutcome(const Side &first, const Side &second);
bool isAllowed(Outcome outcome, punch::Strategy strategy);

/// The search between two such networks.
struct Cell {
    Side first; ///< controls
    Side second;
    Weather weather;
    QString name() const;
};
struct Played {
    MeetingResult result;
    Duration lived{}; ///< the path carried data again after so long
    bool lost = false; ///< its end was noticed
};
/// `after`: how long the path is left alone but for the agent's checks, and then used again.
Played play(const Cell &cell, std::uint64_t seed, Duration after = {}, bool tell = false);

} // namespace postern::simnet
