#include "tests/natlab/tun_device.h"

#include <QFile>

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace postern::natlab {

namespace {

constexpr std::size_t LARGEST = 65'535; // an IPv4 packet, RFC 791

struct Descriptor {
    int fd;
    explicit Descriptor(int opened)
        : fd(opened)
    {
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    ~Descriptor()
    {
        if (fd >= 0)
            ::close(fd);
    }
    int release() { return std::exchange(fd, -1); }
};

Error failure(const QString &what)
{
    const QString reason = QString::fromLocal8Bit(std::strerror(errno));
    return {ErrorCode::Unavailable, what + QStringLiteral(": ") + reason};
}

int attachHere(const QString &device)
{
    Descriptor tun(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (tun.fd < 0)
        return -1;
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    const QByteArray name = device.toLatin1().left(IFNAMSIZ - 1);
    std::memcpy(request.ifr_name, name.constData(), std::size_t(name.size()));
    if (::ioctl(tun.fd, TUNSETIFF, &request) != 0)
        return -1;
    return tun.release();
}

} // namespace

Result<TunDevice> TunDevice::attach(const QString &netns, const QString &device)
{
    const Descriptor own(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    const Descriptor other(::open(QFile::encodeName(netns).constData(), O_RDONLY | O_CLOEXEC));
    if (own.fd < 0 || other.fd < 0 || ::setns(other.fd, CLONE_NEWNET) != 0)
        return failure(netns);
    const int descriptor = attachHere(device);
    const auto error = failure(device);
    if (::setns(own.fd, CLONE_NEWNET) != 0) {
        if (descriptor >= 0)
            ::close(descriptor);
        return failure(QStringLiteral("the way back from ") + netns);
    }
    if (descriptor < 0)
        return error;
    return TunDevice(descriptor);
}

TunDevice::~TunDevice()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

std::optional<std::vector<std::uint8_t>> TunDevice::read()
{
    static thread_local std::array<std::uint8_t, LARGEST> buffer;
    const auto size = ::read(m_descriptor, buffer.data(), buffer.size());
    if (size <= 0)
        return std::nullopt;
    return std::vector<std::uint8_t>(buffer.begin(), buffer.begin() + size);
}

void TunDevice::write(const std::vector<std::uint8_t> &packet)
{
    [[maybe_unused]] const auto written = ::write(m_descriptor, packet.data(), packet.size());
}

} // namespace postern::natlab
