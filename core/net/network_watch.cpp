#include "core/net/network_watch.h"

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/net/deadline_timer.h"
#include "core/net/interfaces.h"
#include "core/net/readiness.h"

#include <algorithm>
#include <vector>

#ifdef Q_OS_LINUX
#include <linux/rtnetlink.h>
#else
#include <QNetworkInformation>
#endif

namespace postern {

namespace {

/// An interface that comes up gets its addresses one after the other.
constexpr Duration SETTLE_TIME = 500ms;

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

#endif

} // namespace

class NetworkWatch::Source {
public:
    explicit Source(std::function<void()> changed)
        : m_changed(std::move(changed))
        , m_known(addressesThatCount())
        , m_settled([this] { compare(); })
        , m_alarm([this] { m_settled.set(monotonicNow() + SETTLE_TIME); })
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
};

NetworkWatch::NetworkWatch(std::function<void()> changed)
    : m_source(std::make_unique<Source>(std::move(changed)))
{
}

NetworkWatch::~NetworkWatch() = default;

} // namespace postern
