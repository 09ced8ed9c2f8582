#include "core/nat/pairing.h"

#include "core/nat/crossing_odds.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace postern::nat {

namespace {

// --- the classic table -------------------------------------------------------------------------

using Classes = unsigned;
constexpr Classes of(Stance stance) { return 1U << static_cast<unsigned>(stance); }

constexpr Classes PUBLIC = of(Stance::Public);
constexpr Classes LOOSE = of(Stance::FullCone) | of(Stance::RestrictedCone);
constexpr Classes PC = of(Stance::PortRestrictedCone);
constexpr Classes S_OPEN = of(Stance::SymmetricOpen);
constexpr Classes S_SEQ = of(Stance::SymmetricSequential);
constexpr Classes S_RAND = of(Stance::SymmetricRandom);
constexpr Classes UNKNOWN = of(Stance::Unknown);
constexpr Classes S = S_OPEN | S_SEQ | S_RAND;
constexpr Classes ANY = PUBLIC | LOOSE | PC | S | UNKNOWN; ///< all but the blocked

/// Which of a class's networks a row is for.
enum class Ports {
    Any,
    Foreseen, ///< the next one can be told ahead
    Random,
    PerPeer, ///< Foreseen, and toward one peer's address it stays the same (ADM)
    PerSession, ///< Foreseen, and each port probed gets another (APDM)
};
/// What a side does in a row; what it tells follows from its ports.
enum class Does { Checks, NewPort, Opens, TellsAndOpens, Crosses, Guesses, TellsAndGuesses };
enum class Sends { Both, One, Other }; ///< who has to send before the other can be heard
enum class Chance { Good, Window, Birthday, Crossing, Bound, Mutual };

struct Who {
    Classes classes;
    Ports ports = Ports::Any;
};

struct Row {
    Who one;
    Who other;
    Way way;
    Does oneDoes;
    Does otherDoes;
    Sends first;
    int sockets; ///< K, at most
    int probes; ///< M, at most
    int tries;
    Duration each; ///< between probes
    Duration budget;
    Chance chance;
};

/// Who can reach whom, and how. A pair's plan is the rows that name it, in this order; what no row
/// names goes by relay. Sockets and probes are sized down to what the measured range of ports
/// asks for. A packet that goes first and too early to a class that it could spoil there gets TTL
/// depth + 1, others go all the way (canBeSpoilt()).
constexpr Row TABLE[] = {
    // clang-format off
    //  one                     other                    way              one does               other does       first         K     M  tries each  budget   odds
    // The port of one side is known and takes what the other sends.
    {{PUBLIC},                 {ANY},                   Way::Punch,      Does::Checks,          Does::Checks,    Sends::Other,  0,    0, 1, 2ms, 2500ms, Chance::Good},
    {{LOOSE},                  {ANY & ~PUBLIC},         Way::Punch,      Does::Checks,          Does::Checks,    Sends::Both,   0,    0, 1, 2ms, 2500ms, Chance::Good},
    {{PC | UNKNOWN},           {PC | UNKNOWN},          Way::Punch,      Does::Checks,          Does::Checks,    Sends::Both,   0,    0, 1, 2ms, 2500ms, Chance::Good},
    // The same from ports that no early packet has spoilt.
    {{LOOSE},                  {LOOSE | PC | UNKNOWN},  Way::FreshPorts, Does::NewPort,         Does::NewPort,   Sends::Both,   1,    0, 3, 2ms, 3s,     Chance::Good},
    {{PC},                     {PC},                    Way::FreshPorts, Does::NewPort,         Does::NewPort,   Sends::Both,   1,    0, 3, 2ms, 3s,     Chance::Good},
    {{UNKNOWN},                {UNKNOWN},               Way::FreshPorts, Does::NewPort,         Does::NewPort,   Sends::Both,   1,    0, 3, 2ms, 3s,     Chance::Good},
    // Symmetric + cone: its next ports are told, or one of many is guessed.
    {{S, Ports::Foreseen},     {ANY & ~S},              Way::Predict,    Does::TellsAndOpens,   Does::Guesses,   Sends::One,    8, 2048, 2, 2ms, 2500ms, Chance::Window},
    {{S, Ports::Random},       {ANY & ~S},              Way::Birthday,   Does::Opens,           Does::Guesses,   Sends::One,  256, 2048, 2, 2ms, 8s,     Chance::Birthday},
    {{UNKNOWN, Ports::Foreseen}, {PC},                  Way::Predict,    Does::TellsAndOpens,   Does::Guesses,   Sends::One,    8, 2048, 2, 2ms, 2500ms, Chance::Window},
    {{UNKNOWN, Ports::Random}, {PC},                    Way::Birthday,   Does::Opens,           Does::Guesses,   Sends::One,  256, 2048, 2, 2ms, 8s,     Chance::Birthday},
    // Symmetric + symmetric, one side lets any port of its peer in: its source need not match.
    {{S_OPEN, Ports::Foreseen}, {S},                    Way::Predict,    Does::TellsAndOpens,   Does::Guesses,   Sends::One,    8, 2048, 2, 2ms, 2500ms, Chance::Window},
    {{S_OPEN, Ports::Random},  {S_OPEN, Ports::Random}, Way::Birthday,   Does::Opens,           Does::Guesses,   Sends::One,  256, 2048, 2, 2ms, 8s,     Chance::Birthday},
    {{S_OPEN, Ports::Random},  {S_SEQ | S_RAND},        Way::Birthday,   Does::Opens,           Does::Guesses,   Sends::One,  256, 2048, 2, 2ms, 8s,     Chance::Birthday},
    // Symmetric + symmetric, both strict.
    {{S_SEQ},                  {S_SEQ},                 Way::Predict,    Does::Crosses,         Does::Crosses,   Sends::Both,  25,    0, 2, 2ms, 2500ms, Chance::Crossing},
    {{S_RAND},                 {S_SEQ, Ports::PerPeer}, Way::Birthday,   Does::Opens,           Does::TellsAndGuesses, Sends::One, 256, 2048, 2, 2ms, 8s, Chance::Birthday},
    {{S_RAND},                 {S_SEQ, Ports::PerSession}, Way::Birthday, Does::Guesses,        Does::TellsAndGuesses, Sends::Both, 1, 1000, 1, 2ms, 6s,  Chance::Bound},
    {{S_RAND},                 {S_RAND},                Way::Birthday,   Does::Guesses,         Does::Guesses,   Sends::Both,   1, 1000, 1, 2ms, 6s,     Chance::Mutual},
    // clang-format on
};

// --- what the numbers come to --------------------------------------------------------------------

constexpr double TARGET = 0.999; ///< what birthday probing is sized for
constexpr double NOT_KNOWN = 0.5;
constexpr double GOOD = 0.99;
constexpr double LOSS = 0.95; ///< what two told ports and a guess leave of the odds
constexpr int PREDICTION_MARGIN = 24; ///< ports told beyond the sockets, for mappings of others
constexpr int LEAST_WIDTH = 5; ///< numbers of others' mappings that a crossing reckons with ...
constexpr int MOST_WIDTH = 12; ///< ... two sockets of 25 for each
constexpr Duration USUAL_WAY = 150ms; ///< from a sample until its ports are taken, if not known
constexpr Duration HANDLING = 5ms; ///< what both sides and the server take for it
constexpr Duration USUAL_LEAD_IN = 150ms; ///< an answer's way through the rendezvous, if not known
constexpr Duration LONGEST_OPENING = 100ms; ///< that guesses wait for, of what hundreds take
constexpr int LONGEST_ROUND_TRIP_MS = 2000; ///< that a peer may claim
constexpr qint32 LARGEST_DELTA = 1024;
constexpr int USUAL_DEPTH = 1;
constexpr int DEEPEST = 4; ///< what a peer or a measurement may claim

/// Past our outermost NAT, which stands behind `hops` routers, itself included.
int openerTtl(const NetworkBehaviour &network)
{
    const int depth = std::max<int>(network.depth, network.hops);
    return 1 + (depth == 0 ? USUAL_DEPTH : std::min(depth, DEEPEST));
}

/// Packets to a full or restricted cone, or to a public host, can't spoil anything there.
bool canBeSpoilt(Stance stance) { return (of(stance) & (PUBLIC | LOOSE)) == 0; }

/// One side while a plan is made.
struct Side {
    const NetworkBehaviour &network;
    Stance stance;
    Share share;

    const Behaviour &udp() const { return network.udp; }
    bool isForeseen() const { return isPredictable(udp()); }
    bool isPerPeer() const { return isForeseen() && udp().mapping == Mapping::AddressDependent; }
    bool keepsParity() const
    {
        return udp().keepsParity == Answer::Yes && udp().allocation != Allocation::Preserve;
    }
    /// What this side's ports are drawn from; with parity kept, those of its even sockets.
    PortRange range() const
    {
        PortRange range = rangeOf(udp());
        range.even = keepsParity() && range.size() > 1;
        return range;
    }
    /// Each port probed takes a mapping of its own; half of what there is may be ours.
    int mappings(int wanted) const
    {
        return isSymmetric(stance) && udp().mapping != Mapping::AddressDependent
            ? std::clamp(wanted, 1, std::max(1, range().size() / 2))
            : wanted;
    }
    int roundTripMs() const { return std::min<int>(network.roundTripMs, LONGEST_ROUND_TRIP_MS); }
    /// Mappings that others take while one of our samples is on its way to its use.
    double foreign(Duration way) const
    {
        return std::chrono::duration<double>(way).count()
            * std::clamp(udp().foreignPerSecond, 0, MOST_PROBES);
    }
    void tell(int ports)
    {
        share.tells = udp().allocation == Allocation::Preserve ? Told::Preserved : Told::Predicted;
        share.ports = std::min(ports, MOST_PROBES);
        share.step = udp().delta == 0 ? 1 : udp().delta;
        if (keepsParity() && share.step % 2 != 0) // each parity counts for itself
            share.step *= 2;
    }
};

bool isFor(const Who &who, const Side &side)
{
    const bool ports = who.ports == Ports::Any
        || (who.ports == Ports::Foreseen && side.isForeseen())
        || (who.ports == Ports::Random && !side.isForeseen())
        || (who.ports == Ports::PerPeer && side.isPerPeer())
        || (who.ports == Ports::PerSession && side.isForeseen() && !side.isPerPeer());
    return ports && (who.classes & of(side.stance)) != 0;
}

/// A row that two sides were found for.
struct Meeting {
    const Row &row;
    Side &one;
    Side &other;
    Duration half; ///< the way through the rendezvous; 0: not known

    /// From a sample to its ports' use: a round trip to the server, and where the peer has to hear
    /// of them first, the way there.
    Duration sampleToUse(const Side &side, bool heardFirst) const
    {
        if (side.roundTripMs() == 0 || half == 0ms)
            return USUAL_WAY;
        return std::chrono::milliseconds(side.roundTripMs()) + HANDLING
            + (heardFirst ? half : Duration{});
    }
    double size() const;
    double crossing() const;
    double birthday() const;
};

Part partOf(Does does)
{
    switch (does) {
    case Does::Checks: break;
    case Does::NewPort:
    case Does::Crosses: return Part::Crosses;
    case Does::Opens:
    case Does::TellsAndOpens: return Part::Opens;
    case Does::Guesses:
    case Does::TellsAndGuesses: return Part::Guesses;
    }
    return Part::Checks;
}

/// The fewest packets for which 1 - e^(-KM/N) reaches the target, more guesses than sockets.
double Meeting::birthday() const
{
    const int range = one.range().size();
    const double product = -std::log(1 - TARGET) * range;
    one.share.sockets = std::clamp(static_cast<int>(std::sqrt(product / 2)), 1,
                                   std::clamp(range / 2, 1, row.sockets));
    other.share.probes = other.mappings(probesFor(TARGET, one.share.sockets, range));
    const double odds = birthdayOdds(one.share.sockets, other.share.probes, range);
    if (row.otherDoes != Does::TellsAndGuesses)
        return odds;
    other.share.fresh = true; // ADM: what is told of this socket holds for the whole peer
    other.share.sockets = 1;
    other.tell(1);
    return LOSS * odds;
}

/// The nth socket of one side meets the nth port told by the other if as many mappings of others
/// came between as were reckoned with; one side tries for some more and fewer, in turn.
double Meeting::crossing() const
{
    double foreign = 0;
    int reckoned = 0;
    Crossing odds;
    for (auto [side, drawn] : {std::pair(&one, &odds.spreading), std::pair(&other, &odds.other)}) {
        const double its = side->foreign(sampleToUse(*side, true));
        foreign += its;
        drawn->before = its;
        drawn->perShot = side->foreign(row.each / 2);
        side->share.sockets = row.sockets;
        // Within the volley still more come: toward its middle.
        const double reckonedWith = its + drawn->perShot * row.sockets / 4;
        side->share.foreign = std::min(static_cast<int>(std::lround(reckonedWith)), MOST_PROBES);
        drawn->reckoned = side->share.foreign;
        reckoned += side->share.foreign;
    }
    const int width =
        std::clamp(static_cast<int>(std::ceil(5 * std::sqrt(foreign))), LEAST_WIDTH, MOST_WIDTH);
    const int from = -std::min(reckoned, width / 2);
    for (Side *side : {&one, &other}) {
        side->share.aimFrom = from;
        side->share.aimWidth = width;
        side->tell(row.sockets + width);
    }
    odds.sockets = row.sockets;
    odds.aimFrom = from;
    odds.aimWidth = width;
    return crossedOdds(odds);
}

/// Sockets, probes and ports of both sides, and the odds of one try.
double Meeting::size() const
{
    for (auto [side, does] : {std::pair(&one, row.oneDoes), std::pair(&other, row.otherDoes)}) {
        side->share.part = partOf(does);
        if (does == Does::NewPort) {
            side->share.sockets = row.sockets;
            side->share.tells = Told::Mapped;
            side->share.ports = 1;
        }
    }
    switch (row.chance) {
    case Chance::Good: {
        const bool known = one.stance != Stance::Unknown && other.stance != Stance::Unknown;
        return known && row.way == Way::Punch ? GOOD : NOT_KNOWN;
    }
    case Chance::Window: {
        const double foreign = one.foreign(sampleToUse(one, false));
        const int window = row.sockets + PREDICTION_MARGIN + static_cast<int>(2 * foreign);
        one.share.sockets = row.sockets;
        one.tell(one.udp().allocation == Allocation::Preserve ? row.sockets : window);
        other.share.probes = one.share.ports;
        return foreign <= one.share.ports ? GOOD : one.share.ports / foreign;
    }
    case Chance::Birthday: return birthday();
    case Chance::Crossing: return crossing();
    case Chance::Bound:
    case Chance::Mutual:
        for (Side *side : {&one, &other}) {
            side->share.fresh = true;
            side->share.sockets = row.sockets;
            side->share.probes = side->mappings(row.probes);
        }
        if (row.chance == Chance::Mutual)
            return mutualOdds(one.share.probes, other.share.probes, one.range().size(),
                              other.range().size());
        other.tell(row.probes);
        return boundOdds(one.share.probes, one.range().size());
    }
    return 0;
}

/// Guesses that come before the ports are open spoil them at a router that remembers strangers.
/// So they wait for the opening, and on the side that knows first that it begins also for the
/// word to reach the other: the side that answers the offer, or that tells its ports.
void lead(const Meeting &meeting, const Side &controlled)
{
    const Row &row = meeting.row;
    for (Side *side : {&meeting.one, &meeting.other}) {
        const Side &peer = side == &meeting.one ? meeting.other : meeting.one;
        if (side->share.part != Part::Guesses || peer.share.tells != Told::Nothing)
            continue;
        if (peer.share.part == Part::Opens)
            side->share.leadIn =
                std::min<Duration>(peer.share.sockets * row.each / 2, LONGEST_OPENING);
        if (side == &controlled || side->share.tells != Told::Nothing)
            side->share.leadIn += meeting.half == 0ms ? USUAL_LEAD_IN : meeting.half;
    }
}

First firstOf(const Row &row, bool oneControls)
{
    if (row.first == Sends::Both)
        return First::Both;
    return (row.first == Sends::One) == oneControls ? First::Controlling : First::Controlled;
}

struct Sides {
    Side controlling;
    Side controlled;
    Duration half;

    void prepare()
    {
        for (auto [side, peer] :
             {std::pair(&controlling, &controlled), std::pair(&controlled, &controlling)}) {
            side->share = {};
            side->share.ttl = openerTtl(side->network);
            side->share.openly = !canBeSpoilt(peer->stance);
            side->share.even = side->keepsParity();
            side->share.peer = peer->range();
        }
    }
    /// Which side is the row's `one`; where both could be, the one whose ports are easier to find.
    std::optional<bool> oneControls(const Row &row) const
    {
        const bool forward = isFor(row.one, controlling) && isFor(row.other, controlled);
        const bool backward = isFor(row.one, controlled) && isFor(row.other, controlling);
        if (forward && backward)
            return controlling.range().size() <= controlled.range().size();
        return forward || backward ? std::optional(forward) : std::nullopt;
    }
    std::optional<Step> step(const Row &row)
    {
        const auto first = oneControls(row);
        if (!first)
            return std::nullopt;
        prepare();
        const Meeting meeting{row, *first ? controlling : controlled,
                              *first ? controlled : controlling, half};
        const double once = meeting.size();
        lead(meeting, controlled);
        const double odds = row.way == Way::Predict ? 1 - std::pow(1 - once, row.tries) : once;
        return Step{row.way,
                    std::min(odds, std::max(once, GOOD)),
                    controlling.share,
                    controlled.share,
                    firstOf(row, *first),
                    row.tries,
                    row.each,
                    row.budget};
    }
};

} // namespace

Plan planFor(const NetworkBehaviour &controlling, const NetworkBehaviour &controlled)
{
    Sides sides{
        {controlling, stanceOf(controlling), {}}, {controlled, stanceOf(controlled), {}}, {}};
    const int ours = sides.controlling.roundTripMs();
    const int theirs = sides.controlled.roundTripMs();
    if (ours > 0 && theirs > 0)
        sides.half = std::chrono::milliseconds((ours + theirs) / 2);
    Plan plan{sides.controlling.stance, sides.controlled.stance, {}, 0, sides.half};
    for (const Row &row : TABLE)
        if (auto step = sides.step(row))
            plan.steps.append(*step);
    if (!plan.steps.isEmpty())
        plan.directProbability = plan.steps.first().probability;
    if (plan.directProbability < WORTH_TRYING)
        plan.steps.clear();
    plan.steps.append(Step{.way = Way::Relay, .probability = 1});
    return plan;
}

bool isSymmetric(Stance stance) { return (of(stance) & S) != 0; }

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
