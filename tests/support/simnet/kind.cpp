#include "tests/support/simnet/kind.h"

#include <algorithm>
#include <cmath>

namespace postern::simnet {

using namespace postern::punch;

namespace {

constexpr int SMALL_BLOCK = 512;
constexpr std::uint16_t BLOCK_BEGINS = 30'000;
constexpr std::size_t FULL_BIRTHDAY = 1900; ///< sessions, for the whole range of ports

constexpr int LAYERS[] = {1, 2, 3};
constexpr Duration IDLE[] = {30s, 120s};
constexpr Duration ABSOLUTE[] = {60s, Duration::max()};
constexpr std::size_t TABLES[] = {1024, 2048, 4096};
constexpr Unsolicited UNSOLICITED[] = {Unsolicited::Drop, Unsolicited::Icmp, Unsolicited::Reset};
constexpr Duration DELAYS[] = {5ms, 20ms, 80ms};
constexpr Duration JITTERS[] = {0ms, 5ms};
constexpr double LOSSES[] = {0, 0.02};

template<typename T, std::size_t N> constexpr int sizeOf(const T (&)[N]) { return int(N); }

/// With the layers behind it, the strictest filter of all counts.
Kind seenFromOutside(const Side &network)
{
    Kind kind = network.kind;
    if (network.circumstance.strictInside && network.circumstance.layers > 1)
        kind.nat.filtering = Filtering::AddressAndPortDependent;
    return kind;
}

Host &settle(World &world, const Side &network, QList<NatProfile> &layers)
{
    const Circumstance &its = network.circumstance;
    NatProfile outermost = network.kind.nat;
    outermost.hairpin = its.hairpin;
    outermost.poisonedByStrangers = its.poisoned;
    outermost.unsolicited = its.unsolicited;
    outermost.idleTimeout = its.idle;
    outermost.absoluteTimeout = its.absolute;
    outermost.tableSize = its.table;
    outermost.overflow = its.overflow;
    layers = {outermost};
    NatProfile inner = its.strictInside ? PORT_RESTRICTED_CONE : FULL_CONE;
    inner.idleTimeout = its.idle;
    auto *inside = &world.addNat(world.internet(), outermost).inside();
    for (int i = 1; i < its.layers; ++i) {
        layers.append(inner);
        inside = &world.addNat(*inside, inner).inside();
    }
    return world.addHost(*inside);
}

void print(const SimPeer &peer, const char *who)
{
    for (const auto &entry : peer.agent().timeline().entries())
        qInfo("  %s %6lld ms  %-16s %s %d", who,
              static_cast<long long>(toMilliseconds(entry.at - Instant{})),
              qPrintable(stepName(entry.step)), qPrintable(entry.remote.toString()), entry.number);
}

} // namespace

const QList<Kind> &allKinds()
{
    struct Ports {
        const char *name;
        Allocation allocation;
        int delta;
    };
    static const auto kinds = [] {
        constexpr const char *MAPPINGS[] = {"EIM", "ADM", "APDM"};
        constexpr const char *FILTERINGS[] = {"EIF", "ADF", "APDF"};
        constexpr Ports PORTS[] = {{"preserve", Allocation::Preserve, 0},
                                   {"+1", Allocation::Sequential, 1},
                                   {"+2", Allocation::Sequential, 2},
                                   {"random", Allocation::Random, 0},
                                   {"block", Allocation::Block, 0}};
        QList<Kind> all;
        for (int mapping = 0; mapping < 3; ++mapping)
            for (int filtering = 0; filtering < 3; ++filtering)
                for (const auto &ports : PORTS)
                    all.append(
                        {QStringLiteral("%1-%2-%3")
                             .arg(QLatin1String(MAPPINGS[mapping]),
                                  QLatin1String(FILTERINGS[filtering]), QLatin1String(ports.name)),
                         {.mapping = Mapping(mapping),
                          .filtering = Filtering(filtering),
                          .allocation = ports.allocation,
                          .delta = ports.delta,
                          .blockSize = SMALL_BLOCK,
                          .blockLowest = BLOCK_BEGINS}});
        return all;
    }();
    return kinds;
}

QString Circumstance::name() const
{
    QStringList words{QStringLiteral("%1 NATs").arg(layers)};
    if (strictInside && layers > 1)
        words << QStringLiteral("strict inside");
    if (hairpin)
        words << QStringLiteral("hairpin");
    words << QStringLiteral("idle %1 s").arg(toMilliseconds(idle) / 1000);
    if (absolute != Duration::max())
        words << QStringLiteral("cut at %1 s").arg(toMilliseconds(absolute) / 1000);
    words << QStringLiteral("table %1%2")
                 .arg(table)
                 .arg(overflow == Overflow::Refuse ? QString() : QStringLiteral(" forgets"));
    if (poisoned)
        words << QStringLiteral("poisoned");
    if (unsolicited != Unsolicited::Drop)
        words << (unsolicited == Unsolicited::Icmp ? QStringLiteral("ICMP")
                                                   : QStringLiteral("RST"));
    return words.join(QStringLiteral(", "));
}

QString Weather::name() const
{
    return QStringLiteral("%1 ms +%2, loss %3%")
        .arg(toMilliseconds(delay))
        .arg(toMilliseconds(jitter))
        .arg(100 * loss);
}

QList<int> circumstanceSizes()
{
    return {2, sizeOf(LAYERS),     2, sizeOf(IDLE), sizeOf(ABSOLUTE), sizeOf(TABLES), 2,
            2, sizeOf(UNSOLICITED)};
}

Circumstance circumstanceOf(const Choice &choice, int from)
{
    const auto at = [&](int dimension) { return choice[from + dimension]; };
    return {.hairpin = at(0) == 1,
            .layers = LAYERS[at(1)],
            .strictInside = at(2) == 1,
            .idle = IDLE[at(3)],
            .absolute = ABSOLUTE[at(4)],
            .table = TABLES[at(5)],
            .overflow = Overflow(at(6)),
            .poisoned = at(7) == 1,
            .unsolicited = UNSOLICITED[at(8)]};
}

QList<int> weatherSizes() { return {sizeOf(DELAYS), sizeOf(JITTERS), sizeOf(LOSSES)}; }

Weather weatherOf(const Choice &choice, int from)
{
    return {DELAYS[choice[from]], JITTERS[choice[from + 1]], LOSSES[choice[from + 2]]};
}

qint64 combinations(const QList<int> &sizes)
{
    qint64 all = 1;
    for (const int size : sizes)
        all *= size;
    return all;
}

Choice choiceOf(qint64 number, const QList<int> &sizes)
{
    Choice choice;
    for (const int size : sizes) {
        choice.append(static_cast<int>(number % size));
        number /= size;
    }
    return choice;
}

/// Greedy: of some random rows the one that covers most of what is not covered yet.
QList<Choice> coveringChoices(const QList<int> &sizes, int strength, std::uint64_t seed)
{
    constexpr int CANDIDATES = 40;
    std::mt19937_64 random(seed);
    QList<QList<int>> groups; // of dimensions
    const std::function<void(QList<int>, int)> collect = [&](const QList<int> &group, int next) {
        if (group.size() == strength)
            return groups.append(group);
        for (int d = next; d < sizes.size(); ++d)
            collect(QList<int>(group) << d, d + 1);
    };
    collect({}, 0);
    const auto place = [&](const QList<int> &group, const Choice &choice) {
        int at = 0;
        for (const int d : group)
            at = at * sizes[d] + choice[d];
        return static_cast<std::size_t>(at);
    };
    std::vector<std::vector<bool>> covered;
    qint64 left = 0;
    for (const auto &group : groups) {
        std::size_t all = 1;
        for (const int d : group)
            all *= static_cast<std::size_t>(sizes[d]);
        covered.emplace_back(all, false);
        left += static_cast<qint64>(all);
    }
    QList<Choice> rows;
    while (left > 0) {
        Choice best;
        int most = 0;
        for (int i = 0; i < CANDIDATES || most == 0; ++i) {
            Choice row;
            for (const int size : sizes)
                row.append(static_cast<int>(random() % static_cast<unsigned>(size)));
            int fresh = 0;
            for (qsizetype g = 0; g < groups.size(); ++g)
                fresh += covered[static_cast<std::size_t>(g)][place(groups[g], row)] ? 0 : 1;
            if (fresh > most) {
                most = fresh;
                best = row;
            }
        }
        for (qsizetype g = 0; g < groups.size(); ++g)
            covered[static_cast<std::size_t>(g)][place(groups[g], best)] = true;
        left -= most;
        rows.append(best);
    }
    return rows;
}

QString outcomeName(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Punch: return QStringLiteral("punch");
    case Outcome::Predict: return QStringLiteral("predict");
    case Outcome::Birthday: return QStringLiteral("birthday");
    case Outcome::Chance: return QStringLiteral("chance");
    case Outcome::Relay: break;
    }
    return QStringLiteral("relay");
}

Outcome expectedOutcome(const Side &first, const Side &second)
{
    const Kind a = seenFromOutside(first);
    const Kind b = seenFromOutside(second);
    const auto guessed = [&](const Kind &opener, const Kind &guesser) {
        if (opener.isForeseen())
            return Outcome::Predict;
        if (opener.isBlock())
            return Outcome::Birthday;
        // Who has only a block of ports, or a small table, can't make as many guesses as the
        // whole range asks for.
        const bool fewPorts =
            guesser.isSymmetric() && !guesser.isOneMappingPerPeer() && guesser.isBlock();
        const auto table = (&guesser == &a ? first : second).circumstance.table;
        return fewPorts || table < FULL_BIRTHDAY ? Outcome::Chance : Outcome::Birthday;
    };
    if (!a.isSymmetric() && !b.isSymmetric())
        return Outcome::Punch;
    if (!a.isSymmetric() || !b.isSymmetric()) {
        const Kind &cone = a.isSymmetric() ? b : a;
        const Kind &symmetric = a.isSymmetric() ? a : b;
        return cone.isOpen() ? Outcome::Punch : guessed(symmetric, cone);
    }
    if (a.isOpen() && b.isOpen()) {
        if (a.isForeseen() || b.isForeseen())
            return Outcome::Predict;
        return a.isBlock() || !b.isBlock() ? guessed(a, b) : guessed(b, a);
    }
    if (a.isOpen() || b.isOpen())
        return a.isOpen() ? guessed(a, b) : guessed(b, a);
    if (a.isForeseen() && b.isForeseen())
        return Outcome::Predict;
    if (a.isForeseen() != b.isForeseen()) {
        const Kind &foreseen = a.isForeseen() ? a : b;
        const Kind &other = a.isForeseen() ? b : a;
        if (foreseen.isOneMappingPerPeer())
            return guessed(other, foreseen);
        return other.isBlock() ? Outcome::Chance : Outcome::Relay;
    }
    return a.isBlock() && b.isBlock() ? Outcome::Chance : Outcome::Relay;
}

bool isAllowed(Outcome outcome, Strategy strategy)
{
    switch (outcome) {
    case Outcome::Punch: return strategy == Strategy::UdpPunch;
    case Outcome::Predict:
        return strategy == Strategy::UdpPredict || strategy == Strategy::UdpPunch;
    case Outcome::Birthday:
    case Outcome::Chance:
        return strategy == Strategy::UdpBirthday || strategy == Strategy::UdpPunch;
    case Outcome::Relay: return false;
    }
    return false;
}

QString Cell::name() const
{
    return QStringLiteral("%1 (%2) + %3 (%4), %5")
        .arg(first.kind.name, first.circumstance.name(), second.kind.name,
             second.circumstance.name(), weather.name());
}

Played play(const Cell &cell, std::uint64_t seed, Duration after, bool tell)
{
    World world(seed);
    auto &link = world.internet().link;
    link.delay = cell.weather.delay;
    link.jitter = cell.weather.jitter;
    link.loss = cell.weather.loss;
    const StunServer server(world);
    QList<NatProfile> firstLayers;
    QList<NatProfile> secondLayers;
    SimPeer a(world, settle(world, cell.first, firstLayers), false);
    SimPeer b(world, settle(world, cell.second, secondLayers), false);
    MeetingPlan plan;
    plan.signalling = link.delay + std::chrono::milliseconds(world.number() % 20);
    plan.first = describe(firstLayers);
    plan.second = describe(secondLayers);
    plan.first.roundTripMs = plan.second.roundTripMs =
        static_cast<quint16>(toMilliseconds(plan.signalling));
    Played played{meet(world, server, a, b, plan)};
    if (tell) {
        print(a, "controlling");
        print(b, "controlled");
    }
    if (!played.result.direct || after == Duration{})
        return played;
    const Instant agreed = world.now();
    a.payloadReceived = b.payloadReceived = false;
    world.runUntil(agreed + after);
    for (int tries = 0; tries < 5 && !(a.payloadReceived && b.payloadReceived); ++tries) {
        a.sendPayload();
        b.sendPayload();
        world.runUntil(world.now() + 500ms);
    }
    if (a.payloadReceived && b.payloadReceived)
        played.lived = world.now() - agreed;
    else
        world.runUntil(world.now() + AgentTimings{}.consentExpiry + 5s);
    played.lost = a.consentLost || b.consentLost;
    return played;
}

} // namespace postern::simnet
