// A small internet in user space: networks, NATs of every kind and delay between TUN devices of
// network namespaces. Started and told what to be by lab.py (commands.h); ends with its input.
// Argument: the seed of what is random.

#include "tests/natlab/commands.h"

#include <array>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string_view>

#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

using namespace postern;
using namespace postern::natlab;
using packetnet::PacketNet;

namespace {

constexpr int PACKETS_A_TURN = 64; // of one device, so that none has to wait for long
const IpAddress ROUTER = IpAddress::v4(192, 0, 2, 1); // answers where a TTL ends; RFC 5737

class Driver {
public:
    explicit Driver(std::uint64_t seed)
        : m_net(seed, ROUTER)
        , m_commands(m_net)
    {
    }

    void run()
    {
        while (turn()) { }
    }

private:
    /// False once the input has ended.
    bool turn()
    {
        std::vector<pollfd> polled{{STDIN_FILENO, POLLIN, 0}};
        for (const auto &[link, device] : m_commands.devices())
            polled.push_back({device.descriptor(), POLLIN, 0});
        const auto patience = timeUntil(m_net.deadline());
        if (::ppoll(polled.data(), polled.size(), patience ? &*patience : nullptr, nullptr) < 0)
            return errno == EINTR;
        std::size_t next = 1;
        for (auto &[link, device] : m_commands.devices())
            if (polled[next++].revents & POLLIN)
                takeFrom(link, device);
        for (const auto &[link, bytes] : m_net.takeDue(monotonicNow()))
            m_commands.devices().at(link).write(bytes);
        return polled[0].revents == 0 || readCommands();
    }

    static std::optional<timespec> timeUntil(Instant deadline)
    {
        if (deadline == NEVER)
            return std::nullopt;
        const auto now = monotonicNow();
        if (deadline <= now)
            return timespec{};
        const auto left =
            std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - now).count();
        return timespec{left / 1'000'000'000, left % 1'000'000'000};
    }

    void takeFrom(PacketNet::LinkId link, TunDevice &device)
    {
        for (int i = 0; i < PACKETS_A_TURN; ++i) {
            auto packet = device.read();
            if (!packet)
                return;
            m_net.receive(monotonicNow(), link, std::move(*packet));
        }
    }

    bool readCommands()
    {
        std::array<char, 4096> buffer;
        const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
        if (size <= 0)
            return false;
        m_input.append(buffer.data(), size);
        for (auto end = m_input.indexOf('\n'); end >= 0; end = m_input.indexOf('\n')) {
            std::fputs(m_commands.obey(m_input.left(end)).constData(), stdout);
            std::fflush(stdout);
            m_input.remove(0, end + 1);
        }
        return true;
    }

    PacketNet m_net;
    Commands m_commands;
    QByteArray m_input;
};

} // namespace

int main(int argc, char **argv)
{
    // Delays are of milliseconds; the default slack of 50 us would lengthen each.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    const std::uint64_t seed = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1;
    Driver(seed).run();
    return 0;
}
