#include "core/net/network_watch.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/net/deadline_timer.h"
#include "core/net/interfaces.h"
#include "core/net/readiness.h"

#include <algorithm>
#include <limits>
#include <vector>

#ifdef Q_OS_LINUX
#include <linux/rtnetlink.h>
#include <sys/timerfd.h>
#include <unistd.h>
#else
#include <QNetworkInformation>
#endif

namespace postern {

namespace {

/// An interface that comes up gets its addresses one after the other.
constexpr Duration SETTLE_TIME = 200ms;
#ifdef Q_OS_LINUX
constexpr Duration LEAST_SLEEP = 1s;
#endif

std::vector<IpAddress> addressesThatCount()
{
    std::vector<IpAddress> addresses;
    for (const InterfaceAddress &found : localInterfaceAddresses()) {
        if (found.up && !found.address.isLoopback() && !found.address.isLinkLocal())
            addresses.push_back(found.address);
    }
    std::sort(addresses.begin(), addresses.end());
    return addresses;
}

#ifdef Q_OS_LINUX

/// A netlink socket that hears of every change of an interface or an address.
class Alarm {
public:
    explicit Alarm(std::function<void()> rang)
        : m_socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE))
    {
        sockaddr_nl groups{};
        groups.nl_family = AF_NETLINK;
        groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
        if (!m_socket
            || ::bind(m_socket.get(), reinterpret_cast<const sockaddr *>(&groups), sizeof groups)
                != 0) {
            qCWarning(logNet) << "changes of the network go unnoticed: no netlink socket";
            return;
        }
        m_readable.emplace(m_socket.get(), net::Readiness::Kind::Read,
                           [this, rang = std::move(rang)] {
                               drain();
                               rang();
                           });
    }

private:
    /// What changed is not read from the messages: some may be lost when many come.
    void drain()
    {
        std::array<char, 8192> ignored;
        while (::recv(m_socket.get(), ignored.data(), ignored.size(), 0) > 0) { }
    }

    net::OwnedSocket m_socket;
    std::optional<net::Readiness> m_readable;
};

/// Hears that the computer woke from sleep: a timer of the clock on the wall is cancelled when
/// that clock is set anew (timerfd_create(2)), which waking does. Asleep is what CLOCK_BOOTTIME
/// counts and CLOCK_MONOTONIC does not.
class WakeAlarm {
public:
    explicit WakeAlarm(std::function<void()> woke)
        : m_timer(::timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC))
        , m_slept(slept())
    {
        if (!m_timer)
            return;
        m_readable.emplace(m_timer.get(), net::Readiness::Kind::Read,
                           [this, woke = std::move(woke)] { rang(woke); });
        arm();
    }

private:
    static Duration slept()
    {
        const auto read = [](clockid_t clock) {
            timespec at{};
            ::clock_gettime(clock, &at);
            return std::chrono::seconds(at.tv_sec) + std::chrono::nanoseconds(at.tv_nsec);
        };
        return read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC);
    }
    void arm()
    {
        itimerspec never{};
        never.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
        ::timerfd_settime(m_timer.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
                          nullptr);
    }
    void rang(const std::function<void()> &woke)
    {
        std::uint64_t ignored = 0;
        [[maybe_unused]] const auto cancelled = ::read(m_timer.get(), &ignored, sizeof ignored);
        arm();
        const Duration before = std::exchange(m_slept, slept());
        const auto call = woke; // which may destroy us
        if (m_slept - before >= LEAST_SLEEP)
            call();
    }

    net::OwnedSocket m_timer;
    std::optional<net::Readiness> m_readable;
    Duration m_slept;
};

#else

class Alarm {
public:
    explicit Alarm(std::function<void()> rang)
    {
        if (!QNetworkInformation::loadBackendByFeatures(QNetworkInformation::Feature::Reachability))
            return;
        QObject::connect(QNetworkInformation::instance(), &QNetworkInformation::reachabilityChanged,
                         &m_context, std::move(rang));
    }

private:
    QObject m_context;
};

class WakeAlarm { // the system tells reachability anew
public:
    explicit WakeAlarm(const std::function<void()> &) { }
};

#endif

} // namespace

class NetworkWatch::Source {
public:
    explicit Source(std::function<void()> changed)
        : m_changed(std::move(changed))
        , m_known(addressesThatCount())
        , m_settled([this] { compare(); })
        , m_alarm([this] { m_settled.set(monotonicNow() + SETTLE_TIME); })
        , m_wakeAlarm([this] {
            const auto call = m_changed;
            call();
        })
    {
    }

private:
    void compare()
    {
        if (auto now = addressesThatCount(); now != m_known) {
            m_known = std::move(now);
            const auto changed = m_changed; // the call may destroy us, and it with us
            changed();
        }
    }

    std::function<void()> m_changed;
    std::vector<IpAddress> m_known;
    DeadlineTimer m_settled;
    Alarm m_alarm;
    WakeAlarm m_wakeAlarm;
};

NetworkWatch::NetworkWatch(std::function<void()> changed)
    : m_source(std::make_unique<Source>(std::move(changed)))
{
}

NetworkWatch::~NetworkWatch() = default;

} // namespace postern
