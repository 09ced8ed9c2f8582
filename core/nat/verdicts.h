#pragma once
// What follows from where servers saw our sockets: mapping, filtering and allocation of ports,
// as pure functions of the sightings. Any thread.
// Source: RFC 4787 sections 4 and 5, RFC 5780 section 4.

#include "core/nat/behaviour.h"

#include <QList>

#include <optional>

namespace postern::nat {

/// One socket seen by one server address.
struct Sighting {
    Endpoint server;
    Endpoint mapped;
};

struct MappingVerdict {
    Mapping mapping = Mapping::Unknown;
    Answer newAtOtherPort = Answer::Unknown; ///< question C
    Answer newAtOtherAddress = Answer::Unknown; ///< question D
};

/// From sightings of *one* socket by several servers or ports of one.
MappingVerdict judgeMapping(const QList<Sighting> &sightings);

/// Whether an answer came that the socket had not asked for at its source; nothing: the server
/// can't send from there, so it was not tested.
Filtering judgeFiltering(std::optional<bool> fromOtherAddress, std::optional<bool> fromOtherPort);

/// One fresh socket's port inside and out, in the order the sockets were first used.
struct PortSample {
    std::uint16_t inner = 0;
    std::uint16_t outer = 0;
    Instant at{};
};

struct AllocationVerdict {
    Allocation allocation = Allocation::Unknown;
    qint32 delta = 0;
    Answer keepsParity = Answer::Unknown;
    std::uint16_t lowest = 0;
    std::uint16_t highest = 0;
    qint32 foreignPerSecond = 0;
    quint8 confidence = 0;
};

/// Needs MIN_SAMPLES to say anything.
AllocationVerdict judgeAllocation(const QList<PortSample> &samples);
inline constexpr int MIN_SAMPLES = 4;
/// What tells a block from the whole range with an error below 1 in 10,000.
inline constexpr int SAMPLES_WANTED = 10;

} // namespace postern::nat
