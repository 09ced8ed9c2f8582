#pragma once
// What a peer's offer tells of where servers see it. Values, any thread.

#include "core/punch/candidate.h"

namespace postern {

/// Its addresses outside of all NATs.
QList<IpAddress> publicAddresses(const QList<punch::Candidate> &candidates);

/// Its main UDP port by IPv4, which ports are searched beside; null: not told.
Endpoint outsideUdp(const QList<punch::Candidate> &candidates);

} // namespace postern
