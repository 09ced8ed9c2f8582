#pragma once
// What an account and a device may be called. Pure; any thread.

#include "core/base/result.h"

#include <QString>

namespace postern::rendezvous {

/// The one spelling under which a name is stored and compared: NFC and case-folded, 1 to 64
/// bytes of UTF-8, letters, digits, '.', '_' and '-' only, the first a letter or a digit. So
/// two names that look alike by case or composition are one, and none carries control or
/// bidirectional characters.
Result<QString> normalisedAccountName(const QString &typed);

/// A device's name without control, bidirectional and other invisible characters, trimmed,
/// within wire::DEVICE_NAME_LIMIT; "device" if nothing is left.
QString safeDeviceName(const QString &typed);

} // namespace postern::rendezvous
