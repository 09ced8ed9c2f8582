#pragma once
// The addresses of this machine. Any thread.

#include "core/base/interface_address.h"

#include <QList>

namespace postern {

/// Every address of every interface, loopback's included, in the system's order.
QList<InterfaceAddress> localInterfaceAddresses();

} // namespace postern
