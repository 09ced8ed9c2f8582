#pragma once
// One TUN device of a network namespace: what its machine sends there we read, and what we write
// it receives (linux, Documentation/networking/tuntap.rst).

#include "core/base/result.h"

#include <optional>
#include <vector>

namespace postern::natlab {

class TunDevice {
public:
    /// Takes the other end of a device that is there; `netns` is a path such as /run/netns/x.
    static Result<TunDevice> attach(const QString &netns, const QString &device);

    TunDevice(TunDevice &&other) noexcept
        : m_descriptor(std::exchange(other.m_descriptor, -1))
    {
    }
    TunDevice &operator=(TunDevice &&) = delete;
    ~TunDevice();

    int descriptor() const { return m_descriptor; }
    /// The next packet, or nothing when none waits.
    std::optional<std::vector<std::uint8_t>> read();
    /// A packet that the machine can't take is lost, as on any wire.
    void write(const std::vector<std::uint8_t> &packet);

private:
    explicit TunDevice(int descriptor)
        : m_descriptor(descriptor)
    {
    }
    int m_descriptor = -1;
};

} // namespace postern::natlab
