#include "core/nat/pairing.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace postern::nat {

namespace {

/// What a pair of stances comes to.
enum class Cell {
    Punch, ///< one side's port is known, and what the other sends from is let in
    Guess, ///< the symmetric side opens ports, the other finds one
    Cross, ///< both tell their next ports
    Odds, ///< each mapping is bound to one guess: as the figures say
    None,
};
constexpr Cell P = Cell::Punch;
constexpr Cell G = Cell::Guess;
constexpr Cell C = Cell::Cross;
constexpr Cell O = Cell::Odds;
constexpr Cell X = Cell::None;

constexpr auto STANCES = static_cast<std::size_t>(Stance::COUNT);

/// The classic table. S-open: symmetric with loose filtering; S-seq and S-rand: with strict.
constexpr std::array<std::array<Cell, STANCES>, STANCES> TABLE{{
    //             Public  FC  RC  PC  S-open S-seq S-rand Blocked Unknown
    /* Public  */ {P, /**/ P, P, P, /**/ P, P, P, /**/ X, P},
    /* FC      */ {P, /**/ P, P, P, /**/ P, P, P, /**/ X, P},
    /* RC      */ {P, /**/ P, P, P, /**/ P, P, P, /**/ X, P},
    /* PC      */ {P, /**/ P, P, P, /**/ G, G, G, /**/ X, P},
    /* S-open  */ {P, /**/ P, P, G, /**/ G, G, G, /**/ X, G},
    /* S-seq   */ {P, /**/ P, P, G, /**/ G, C, O, /**/ X, G},
    /* S-rand  */ {P, /**/ P, P, G, /**/ G, O, O, /**/ X, G},
    /* Blocked */ {X, /**/ X, X, X, /**/ X, X, X, /**/ X, X},
    /* Unknown */ {P, /**/ P, P, P, /**/ G, G, G, /**/ X, P},
}};

constexpr double TARGET = 0.999; ///< what birthday probing is sized for
constexpr double NOT_KNOWN = 0.5;
constexpr int CROSSING_SOCKETS = 25; ///< FACTS section 2
constexpr int CROSSING_SPREAD = 5; ///< ports told beyond those, to aim ahead
constexpr int PREDICTING_SOCKETS = 8;
constexpr int PREDICTION_MARGIN = 24; ///< ports beyond those, for mappings of others
constexpr int MOST_BOUND = 1000; ///< mappings, where each stands for one guess
constexpr Duration SAMPLE_TO_USE = 500ms; ///< from a fresh sample until the ports are taken
constexpr qint32 LARGEST_DELTA = 1024;
constexpr int USUAL_DEPTH = 1;
constexpr int DEEPEST = 4; ///< what a peer or a measurement may claim

int openerTtl(const NetworkBehaviour &network)
{
    return 1 + (network.depth == 0 ? USUAL_DEPTH : std::min<int>(network.depth, DEEPEST));
}

/// Packets to a full or restricted cone, or to a public host, can't spoil anything there.
bool canBeSpoilt(Stance stance)
{
    return stance != Stance::Public && stance != Stance::FullCone
        && stance != Stance::RestrictedCone;
}

double foreignOf(const Behaviour &udp)
{
    return std::chrono::duration<double>(SAMPLE_TO_USE).count()
        * std::clamp(udp.foreignPerSecond, 0, MOST_PROBES);
}

/// One side while a plan is made.
struct Side {
    const NetworkBehaviour &network;
    Stance stance;
    Share share;

    const Behaviour &udp() const { return network.udp; }
    bool predictable() const { return isPredictable(udp()); }
    bool oneMappingPerPeer() const { return udp().mapping == Mapping::AddressDependent; }
    int range() const { return rangeOf(udp()).size(); }
    /// Each port probed takes a mapping of its own; half of what there is may be ours.
    int mappings(int wanted) const
    {
        return isSymmetric(stance) && !oneMappingPerPeer()
            ? std::clamp(wanted, 1, std::max(1, range() / 2))
            : wanted;
    }
    Told foresees() const
    {
        return udp().allocation == Allocation::Preserve ? Told::Preserved : Told::Predicted;
    }
    void tell(int ports)
    {
        share.tells = foresees();
        share.ports = ports;
        share.step = udp().delta == 0 ? 1 : udp().delta;
        if (udp().keepsParity == Answer::Yes && (share.step == 1 || share.step == -1))
            share.ports = std::min(2 * ports, MOST_PROBES); // every second one is not for us
    }
};

struct Sides {
    Side first; ///< controlling
    Side second;

    void prepare()
    {
        const auto one = [](Side &side, const Side &other) {
            side.share = {};
            side.share.ttl = openerTtl(side.network);
            side.share.openly = !canBeSpoilt(other.stance);
            side.share.peer = rangeOf(other.udp());
        };
        one(first, second);
        one(second, first);
    }
    Step step(Way way, double probability, Duration budget) const
    {
        return {way, probability, first.share, second.share, 2ms, budget};
    }
};

/// `opener` has the changing ports; `guesser` finds one of them.
Step guess(Sides &sides, Side &opener, Side &guesser)
{
    sides.prepare();
    opener.share.part = Part::Opens;
    guesser.share.part = Part::Guesses;
    if (opener.predictable()) {
        const double foreign = foreignOf(opener.udp());
        const int window = PREDICTING_SOCKETS + PREDICTION_MARGIN + static_cast<int>(2 * foreign);
        opener.share.sockets = PREDICTING_SOCKETS;
        opener.tell(opener.foresees() == Told::Preserved ? PREDICTING_SOCKETS
                                                         : std::min(window, MOST_PROBES));
        guesser.share.probes = opener.share.ports;
        const double odds = foreign <= PREDICTION_MARGIN ? 0.99 : window / (window + foreign);
        return sides.step(Way::Predict, odds, 2500ms);
    }
    const int range = opener.range();
    const double product = -std::log(1 - TARGET) * range;
    const int sockets = std::clamp(static_cast<int>(std::sqrt(product / 2)), 1,
                                   std::clamp(range / 2, 1, MOST_SOCKETS));
    const int probes = guesser.mappings(probesFor(TARGET, sockets, range));
    opener.share.sockets = sockets;
    guesser.share.probes = probes;
    return sides.step(Way::Birthday, birthdayOdds(sockets, probes, range), 8s);
}

Step cross(Sides &sides)
{
    sides.prepare();
    for (Side *side : {&sides.first, &sides.second}) {
        side->share.part = Part::Crosses;
        side->share.sockets = CROSSING_SOCKETS;
        side->tell(CROSSING_SOCKETS + CROSSING_SPREAD);
    }
    const double foreign = std::max(foreignOf(sides.first.udp()), foreignOf(sides.second.udp()));
    return sides.step(Way::Predict, crossingOdds(CROSSING_SOCKETS, foreign), 2500ms);
}

/// Strict filters on both sides and at least one whose ports can't be foreseen.
Step odds(Sides &sides)
{
    sides.prepare();
    Side &first = sides.first;
    Side &second = sides.second;
    Side &foreseen = first.predictable() ? first : second;
    Side &random = &foreseen == &first ? second : first;
    if (foreseen.predictable() && foreseen.oneMappingPerPeer()) {
        // ADM: toward this one peer its told port stays: a port restricted cone.
        Step step = guess(sides, random, foreseen);
        foreseen.share.fresh = true;
        foreseen.share.sockets = 1;
        foreseen.tell(1);
        return sides.step(Way::Birthday, 0.95 * step.probability, step.budget);
    }
    for (Side *side : {&first, &second}) {
        side->share.part = Part::Guesses;
        side->share.fresh = true;
        side->share.sockets = 1;
        side->share.probes = side->mappings(MOST_BOUND);
    }
    double probability =
        mutualOdds(first.share.probes, second.share.probes, first.range(), second.range());
    if (foreseen.predictable()) {
        foreseen.tell(MOST_BOUND);
        probability = boundOdds(random.share.probes, random.range());
    }
    return sides.step(Way::Birthday, probability, 6s);
}

Step punch(Sides &sides, double probability)
{
    sides.prepare();
    return sides.step(Way::Punch, probability, 2500ms);
}

/// New sockets on both sides, told as they are seen, first packets that end half-way.
Step freshPorts(Sides &sides)
{
    sides.prepare();
    for (Side *side : {&sides.first, &sides.second}) {
        side->share.part = Part::Crosses;
        side->share.sockets = 1;
        side->share.tells = Told::Mapped;
        side->share.ports = 1;
    }
    return sides.step(Way::FreshPorts, NOT_KNOWN, 3s);
}

/// Nobody knows one side's network, and the other lets in only who was sent to. Where checks
/// fail the unknown one may well be symmetric.
bool isOneStrangeToAStrictCone(const Sides &sides)
{
    const Stance first = sides.first.stance;
    const Stance second = sides.second.stance;
    return (first == Stance::Unknown && second == Stance::PortRestrictedCone)
        || (second == Stance::Unknown && first == Stance::PortRestrictedCone);
}

/// Who opens ports where either could: the one whose ports are easier to find.
Side &openerOf(Sides &sides)
{
    Side &first = sides.first;
    Side &second = sides.second;
    if (isOneStrangeToAStrictCone(sides))
        return first.stance == Stance::Unknown ? first : second;
    if (!isSymmetric(first.stance) || !isSymmetric(second.stance))
        return isSymmetric(first.stance) ? first : second;
    const bool firstOpen = first.stance == Stance::SymmetricOpen;
    const bool secondOpen = second.stance == Stance::SymmetricOpen;
    if (firstOpen != secondOpen)
        return firstOpen ? first : second;
    if (first.predictable() != second.predictable())
        return first.predictable() ? first : second;
    return first.range() <= second.range() ? first : second;
}

} // namespace

bool isSymmetric(Stance stance)
{
    return stance == Stance::SymmetricOpen || stance == Stance::SymmetricSequential
        || stance == Stance::SymmetricRandom;
}

bool isPredictable(const Behaviour &udp)
{
    return udp.allocation == Allocation::Preserve
        || (udp.allocation == Allocation::Sequential && udp.delta >= -LARGEST_DELTA
            && udp.delta <= LARGEST_DELTA);
}

PortRange rangeOf(const Behaviour &udp)
{
    if (udp.lowest == 0 || udp.highest <= udp.lowest)
        return {};
    return {udp.lowest, udp.highest};
}

Stance stanceOf(const NetworkBehaviour &network)
{
    const Behaviour &udp = network.udp;
    switch (classOf(network)) {
    case NatClass::Public: return Stance::Public;
    case NatClass::FullCone: return Stance::FullCone;
    case NatClass::RestrictedCone: return Stance::RestrictedCone;
    case NatClass::PortRestrictedCone: return Stance::PortRestrictedCone;
    case NatClass::Blocked: return Stance::Blocked;
    case NatClass::Symmetric:
        if (udp.filtering == Filtering::EndpointIndependent
            || udp.filtering == Filtering::AddressDependent)
            return Stance::SymmetricOpen;
        return isPredictable(udp) ? Stance::SymmetricSequential : Stance::SymmetricRandom;
    case NatClass::Unknown: break;
    }
    if (udp.mapping == Mapping::EndpointIndependent)
        return Stance::PortRestrictedCone; // what filters most is safe to plan for
    return Stance::Unknown;
}

Plan planFor(const NetworkBehaviour &controlling, const NetworkBehaviour &controlled)
{
    Sides sides{{controlling, stanceOf(controlling), {}}, {controlled, stanceOf(controlled), {}}};
    Plan plan{sides.first.stance, sides.second.stance, {}, 0};
    const auto row = static_cast<std::size_t>(plan.controlling);
    const auto column = static_cast<std::size_t>(plan.controlled);
    const bool symmetric = isSymmetric(plan.controlling) || isSymmetric(plan.controlled);
    const bool known = plan.controlling != Stance::Unknown && plan.controlled != Stance::Unknown;
    Side &opener = openerOf(sides);
    Side &guesser = &opener == &sides.first ? sides.second : sides.first;
    switch (TABLE[row][column]) {
    case Cell::Punch:
        plan.steps.append(punch(sides, known ? 0.99 : NOT_KNOWN));
        if (symmetric || isOneStrangeToAStrictCone(sides))
            plan.steps.append(guess(sides, opener, guesser));
        else if (plan.controlling != Stance::Public && plan.controlled != Stance::Public)
            plan.steps.append(freshPorts(sides));
        break;
    case Cell::Guess: plan.steps.append(guess(sides, opener, guesser)); break;
    case Cell::Cross: plan.steps.append(cross(sides)); break;
    case Cell::Odds: plan.steps.append(odds(sides)); break;
    case Cell::None: break;
    }
    if (!plan.steps.isEmpty())
        plan.directProbability = plan.steps.first().probability;
    if (plan.directProbability < WORTH_TRYING)
        plan.steps.clear();
    plan.steps.append(Step{Way::Relay, 1, {}, {}, {}, {}});
    return plan;
}

// --- the odds --------------------------------------------------------------------------------

double birthdayOdds(int sockets, int probes, int range)
{
    double missed = 1;
    for (int i = 0; i < sockets; ++i) {
        if (range - probes - i <= 0)
            return 1;
        missed *= static_cast<double>(range - probes - i) / (range - i);
    }
    return 1 - missed;
}

int probesFor(double odds, int sockets, int range)
{
    const int most = std::min(MOST_PROBES, range);
    int probes =
        std::clamp(static_cast<int>(-std::log(1 - odds) * range / std::max(sockets, 1)), 1, most);
    while (probes > 1 && birthdayOdds(sockets, probes - 1, range) >= odds)
        --probes; // the exponential is an upper bound
    return probes;
}

double crossingOdds(int sockets, double foreign)
{
    const double one = sockets / (sockets + foreign);
    return one * one;
}

double boundOdds(int mappings, int range) { return 1 - std::exp(-double(mappings) / range); }

double mutualOdds(int ownMappings, int peerMappings, int ownRange, int peerRange)
{
    return 1 - std::exp(-double(ownMappings) / ownRange * peerMappings / peerRange);
}

} // namespace postern::nat
