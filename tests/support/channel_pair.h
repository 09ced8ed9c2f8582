#pragma once
// Two ends of a real channel over the loopback interface, in one event loop.

#include "core/identity/device_key.h"
#include "core/net/tcp_listener.h"
#include "core/transport/tls_channel.h"
#include "tests/support/channel_observer.h"

namespace postern::test {

/// Keys are made once a process: generating them is not what these tests are about.
const DeviceKey &keyOfA();
const DeviceKey &keyOfB();
const DeviceKey &keyOfStranger();

struct ChannelPair {
    std::unique_ptr<TcpListener> listener;
    std::unique_ptr<PeerChannel> a; ///< the initiator
    std::unique_ptr<PeerChannel> b;
    ChannelObserver atA;
    ChannelObserver atB;
    std::optional<Result<void>> outcomeA;
    std::optional<Result<void>> outcomeB;
    bool consumesA = true;
    bool consumesB = true;

    bool settled() const { return outcomeA && outcomeB; }
    bool open() const { return settled() && outcomeA->ok() && outcomeB->ok(); }
};

/// Who each side is and whom it expects.
struct PairKeys {
    DeviceKey a = keyOfA();
    DeviceKey b = keyOfB();
    DeviceId aExpects = keyOfB().id();
    DeviceId bExpects = keyOfA().id();
};

/// Starts to connect; settled() once both sides know how it ended.
std::unique_ptr<ChannelPair> connectTls(const PairKeys &keys = {});

} // namespace postern::test
