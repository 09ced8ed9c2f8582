#include "core/nat/verdicts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

namespace postern::nat {

namespace {

constexpr int LOWEST_PORT = 1024; ///< RFC 4787 section 4.2.2: what NATs hand out
constexpr int HIGHEST_PORT = 65535;
/// Steps between two fresh mappings that can be counting, with others counting in between.
constexpr int LARGEST_STEP = 256;
/// The largest port block that carriers give a subscriber (RFC 6888 and practice).
constexpr int LARGEST_BLOCK = 8192;

struct Steps {
    QList<int> each; ///< from one sample to the next, a jump round the range's end left out
    int jumps = 0;
};

Steps stepsOf(const QList<PortSample> &samples)
{
    Steps steps;
    for (qsizetype i = 1; i < samples.size(); ++i) {
        const int step = samples[i].outer - samples[i - 1].outer;
        if (std::abs(step) > LARGEST_STEP)
            ++steps.jumps;
        else
            steps.each.append(step);
    }
    return steps;
}

bool isSequential(const Steps &steps)
{
    if (steps.jumps > 1 || steps.each.size() < MIN_SAMPLES - 2)
        return false;
    const auto up =
        std::count_if(steps.each.begin(), steps.each.end(), [](int s) { return s > 0; });
    const auto down =
        std::count_if(steps.each.begin(), steps.each.end(), [](int s) { return s < 0; });
    return up == steps.each.size() || down == steps.each.size();
}

void tellSequence(const Steps &steps, Duration span, AllocationVerdict &verdict)
{
    // Others' mappings lie between ours as whole steps, so the step divides every difference.
    const int size = std::accumulate(steps.each.begin(), steps.each.end(), 0,
                                     [](int a, int b) { return std::gcd(a, b); });
    verdict.allocation = Allocation::Sequential;
    verdict.delta = steps.each.first() > 0 ? size : -size;
    int foreign = 0;
    int exact = 0;
    for (const int step : steps.each) {
        foreign += std::abs(step) / size - 1;
        exact += std::abs(step) == size ? 1 : 0;
    }
    const double seconds = std::chrono::duration<double>(span).count();
    verdict.foreignPerSecond =
        seconds > 0 ? static_cast<qint32>(std::lround(foreign / seconds)) : 0;
    // Each exact step makes it twice as sure that the next one is foretold; jumps and others' less.
    const auto total = steps.each.size() + steps.jumps;
    const double sure = 1 - std::exp2(-static_cast<double>(exact));
    verdict.confidence =
        static_cast<quint8>(std::lround(100 * sure * (0.5 + 0.5 * exact / double(total))));
}

/// The range that the samples were drawn from, if all of its ports are alike.
void tellRange(const QList<PortSample> &samples, AllocationVerdict &verdict)
{
    const auto [least, most] =
        std::minmax_element(samples.begin(), samples.end(),
                            [](const auto &a, const auto &b) { return a.outer < b.outer; });
    const int spread = most->outer - least->outer;
    const auto count = static_cast<int>(samples.size());
    // The mean gap lies beyond either end, on average; twice that holds seven times in eight.
    const int margin = 2 * spread / (count - 1);
    int lowest = std::max(LOWEST_PORT, least->outer - margin);
    int highest = std::min(HIGHEST_PORT, most->outer + margin);
    const bool block =
        spread * (count + 1) / (count - 1) <= LARGEST_BLOCK * 5 / 4 && count >= SAMPLES_WANTED - 2;
    if (!block && lowest < LOWEST_PORT + margin)
        lowest = LOWEST_PORT;
    if (!block && highest > HIGHEST_PORT - margin)
        highest = HIGHEST_PORT;
    verdict.allocation = block ? Allocation::Block : Allocation::Random;
    verdict.lowest = static_cast<std::uint16_t>(std::min<int>(lowest, least->outer));
    verdict.highest = static_cast<std::uint16_t>(std::max<int>(highest, most->outer));
    // That as many fall into so small a part of the range by chance: n x^(n-1).
    const double part = double(spread) / (HIGHEST_PORT - LOWEST_PORT);
    const double chance = count * std::pow(part, count - 1);
    verdict.confidence = block
        ? static_cast<quint8>(std::lround(100 * std::max(0.0, 1 - chance)))
        : static_cast<quint8>(std::lround(100 * (1 - std::exp2(-(count - 1.0)))));
}

Answer parityKept(const QList<PortSample> &samples)
{
    const auto odd =
        std::count_if(samples.begin(), samples.end(), [](const auto &s) { return s.inner % 2; });
    const bool kept = std::all_of(samples.begin(), samples.end(),
                                  [](const auto &s) { return s.inner % 2 == s.outer % 2; });
    if (!kept)
        return Answer::No;
    return odd > 0 && odd < samples.size() ? Answer::Yes : Answer::Unknown;
}

Duration spanOf(const QList<PortSample> &samples) { return samples.last().at - samples.first().at; }

/// A NAT that keeps the parity counts odd and even ports each for itself.
std::optional<AllocationVerdict> twoSequences(const QList<PortSample> &samples)
{
    QList<PortSample> byParity[2];
    for (const auto &sample : samples)
        byParity[sample.outer % 2].append(sample);
    std::optional<AllocationVerdict> best;
    for (const auto &half : byParity) {
        if (half.size() < 2)
            continue;
        const Steps steps = stepsOf(half);
        if (steps.each.isEmpty() || (half.size() >= MIN_SAMPLES && !isSequential(steps)))
            return std::nullopt;
        AllocationVerdict verdict;
        if (isSequential(steps))
            tellSequence(steps, spanOf(half), verdict);
        if (verdict.allocation == Allocation::Sequential
            && (!best || verdict.confidence > best->confidence))
            best = verdict;
    }
    return best;
}

Answer answerOf(bool changed) { return changed ? Answer::Yes : Answer::No; }

} // namespace

MappingVerdict judgeMapping(const QList<Sighting> &sightings)
{
    MappingVerdict verdict;
    const auto note = [](Answer &answer, bool changed) {
        if (answer != Answer::Yes)
            answer = answerOf(changed);
    };
    for (qsizetype i = 0; i < sightings.size(); ++i) {
        for (qsizetype j = i + 1; j < sightings.size(); ++j) {
            const bool changed = sightings[i].mapped != sightings[j].mapped;
            if (sightings[i].server.address != sightings[j].server.address)
                note(verdict.newAtOtherAddress, changed);
            else if (sightings[i].server.port != sightings[j].server.port)
                note(verdict.newAtOtherPort, changed);
        }
    }
    if (verdict.newAtOtherPort == Answer::Yes)
        verdict.mapping = Mapping::AddressAndPortDependent;
    else if (verdict.newAtOtherAddress == Answer::No)
        verdict.mapping = Mapping::EndpointIndependent;
    else if (verdict.newAtOtherAddress == Answer::Yes) // C not answered: the worse of the two
        verdict.mapping = verdict.newAtOtherPort == Answer::No ? Mapping::AddressDependent
                                                               : Mapping::AddressAndPortDependent;
    return verdict;
}

Filtering judgeFiltering(std::optional<bool> fromOtherAddress, std::optional<bool> fromOtherPort)
{
    if (fromOtherAddress == true)
        return Filtering::EndpointIndependent;
    if (fromOtherPort == false)
        return Filtering::AddressAndPortDependent;
    if (fromOtherAddress == false && fromOtherPort == true)
        return Filtering::AddressDependent;
    return Filtering::Unknown;
}

AllocationVerdict judgeAllocation(const QList<PortSample> &samples)
{
    AllocationVerdict verdict;
    const auto count = static_cast<int>(samples.size());
    if (count < MIN_SAMPLES)
        return verdict;
    verdict.keepsParity = parityKept(samples);
    const auto kept = static_cast<int>(std::count_if(
        samples.begin(), samples.end(), [](const auto &s) { return s.inner == s.outer; }));
    if (2 * kept > count) { // the others' ports were taken
        verdict.allocation = Allocation::Preserve;
        verdict.confidence = static_cast<quint8>(100 * kept / count);
        return verdict;
    }
    const Steps steps = stepsOf(samples);
    if (isSequential(steps)) {
        tellSequence(steps, spanOf(samples), verdict);
        return verdict;
    }
    if (verdict.keepsParity == Answer::Yes) {
        if (auto halves = twoSequences(samples)) {
            halves->keepsParity = Answer::Yes;
            return *halves;
        }
    }
    tellRange(samples, verdict);
    return verdict;
}

} // namespace postern::nat
