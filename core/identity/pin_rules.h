#pragma once
// When a device key may be used: the decision alone, as a pure function of what is pinned and
// what the server tells now. The server is not trusted with it: whatever it tells, a key that
// no person has accepted since the first meeting is never used.
//
//   first meeting                        every device told          -> FirstSeen, usable
//   a pinned device is among those told  each unknown one           -> New, not usable
//   no pinned device is among those told each that is not pinned    -> Changed, not usable
//   nothing told (offline, no contact)   nothing changes; pins stay
//
// New and Changed end by a person's decision only: trusted() makes one device FirstSeen,
// verified() makes all devices of that moment Verified and forgets every other.

#include "core/base/ids.h"

#include <QList>

#include <optional>

namespace postern {

enum class PinState { FirstSeen, Verified, New, Changed };

struct Pin {
    DeviceId device;
    PinState state = PinState::FirstSeen;

    friend bool operator==(const Pin &, const Pin &) = default;
};
using Pins = QList<Pin>;

/// More devices than a server may tell at once (wire::DEVICES_LIMIT), as old ones are kept.
/// Beyond this, further ones are not recorded, hence unknown, hence not usable.
inline constexpr qsizetype MOST_PINS = 64;

/// Whether a person, by meeting first or deciding later, has accepted this key.
inline bool isUsable(PinState state)
{
    return state == PinState::FirstSeen || state == PinState::Verified;
}

/// What the pins become when the server tells these devices.
Pins observed(const Pins &pins, const QList<DeviceId> &toldNow);
/// A person accepts one device; one that is already Verified stays so.
Pins trusted(const Pins &pins, const DeviceId &device);
/// A person has compared the safety number, which covers exactly these devices.
Pins verified(const QList<DeviceId> &toldNow);

std::optional<PinState> stateOf(const Pins &pins, const DeviceId &device);

} // namespace postern
