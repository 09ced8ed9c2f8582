#pragma once
// What was found out about networks earlier, by their fingerprint: a network that is met again
// is known at once, and what takes minutes to measure is not measured each time.

#include "core/nat/behaviour.h"

#include <QByteArray>

#include <optional>

namespace postern::nat {

class NetworkMemory {
public:
    virtual ~NetworkMemory() = default;
    virtual std::optional<NetworkBehaviour> recall(const QByteArray &fingerprint) = 0;
    virtual void remember(const QByteArray &fingerprint, const NetworkBehaviour &network) = 0;
};

} // namespace postern::nat
