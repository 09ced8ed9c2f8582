#include "core/identity/pin_rules.h"

#include <algorithm>

namespace postern {

namespace {

bool isPinned(const Pins &pins, const DeviceId &device)
{
    const auto state = stateOf(pins, device);
    return state && isUsable(*state);
}

void append(Pins &pins, const DeviceId &device, PinState state)
{
    if (pins.size() < MOST_PINS)
        pins.append({device, state});
}

} // namespace

std::optional<PinState> stateOf(const Pins &pins, const DeviceId &device)
{
    const auto pin =
        std::find_if(pins.begin(), pins.end(), [&](const Pin &p) { return p.device == device; });
    return pin == pins.end() ? std::nullopt : std::optional(pin->state);
}

Pins observed(const Pins &pins, const QList<DeviceId> &toldNow)
{
    if (toldNow.isEmpty())
        return pins;
    const bool firstMeeting = pins.isEmpty();
    const bool replaced = !firstMeeting
        && std::none_of(toldNow.begin(), toldNow.end(),
                        [&](const DeviceId &device) { return isPinned(pins, device); });
    // A Changed device stays Changed although a pinned one came back: the alarm is a person's
    // to end. A New one becomes Changed once every pinned one is gone.
    Pins after = pins;
    for (const DeviceId &device : toldNow) {
        const auto known = std::find_if(after.begin(), after.end(),
                                        [&](const Pin &pin) { return pin.device == device; });
        if (known == after.end())
            append(after, device,
                   firstMeeting   ? PinState::FirstSeen
                       : replaced ? PinState::Changed
                                  : PinState::New);
        else if (replaced && known->state == PinState::New)
            known->state = PinState::Changed;
    }
    return after;
}

Pins trusted(const Pins &pins, const DeviceId &device)
{
    Pins after = pins;
    for (Pin &pin : after) {
        if (pin.device != device)
            continue;
        if (!isUsable(pin.state))
            pin.state = PinState::FirstSeen;
        return after;
    }
    // A decision makes room for itself among those that no one accepted.
    if (after.size() >= MOST_PINS)
        after.removeIf([](const Pin &pin) { return !isUsable(pin.state); });
    append(after, device, PinState::FirstSeen);
    return after;
}

Pins verified(const QList<DeviceId> &toldNow)
{
    Pins after;
    for (const DeviceId &device : toldNow) {
        if (!stateOf(after, device))
            append(after, device, PinState::Verified);
    }
    return after;
}

} // namespace postern
