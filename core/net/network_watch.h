#pragma once
// Tells that this machine has other addresses than before: another Wi-Fi, a cable, a VPN, a
// wake from sleep, be it where it was. Costs nothing while nothing happens: on Linux the kernel
// tells (rtnetlink(7), timerfd_create(2)), elsewhere Qt's QNetworkInformation does, as well as
// the platform lets it.
//
// Loopback and link-local addresses don't count; several changes at once are told once. The
// call comes from the event loop and may destroy the watch. Thread: one with an event loop.

#include <functional>
#include <memory>

namespace postern {

class NetworkWatch {
public:
    explicit NetworkWatch(std::function<void()> changed);
    ~NetworkWatch();

private:
    class Source;
    std::unique_ptr<Source> m_source;
};

} // namespace postern
