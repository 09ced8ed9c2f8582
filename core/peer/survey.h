#pragma once
// Keeps the description of the network this machine is in: measures a network that it has not
// seen in this run, begins with what is remembered of it, and measures again when the network
// is another one.
//
// Thread: engine thread. The callback comes from the event loop.

#include "core/base/interface_address.h"
#include "core/nat/network_memory.h"
#include "core/nat/network_probe.h"

namespace postern {

class Survey {
public:
    /// What one network is told from another by, and whom to ask.
    struct Place {
        Endpoint stun; ///< null port: nobody to ask
        Endpoint stunAlternate; ///< another place of the server; at the same address, only a port
        IpAddress observed; ///< our address from outside
        QList<InterfaceAddress> interfaces;
    };

    /// Networks change without a sign, as when a router restarts.
    static constexpr Duration AGAIN_AFTER = 1h;
    /// What is remembered is trusted at first: a start is when a path may be searched at once, and
    /// measuring takes ports from under a search that foretells them.
    static constexpr Duration FIRST_LOOK_AFTER = 10s;

    Survey(nat::NetworkMemory *memory, std::function<void()> changed)
        : m_memory(memory)
        , m_changed(std::move(changed))
    {
    }

    /// Measures if this is another network than before, or the last look is long ago.
    void look(const Place &place);
    /// Measures all that can be, whatever is remembered; takes minutes.
    void lookThoroughly(const Place &place);
    void forget();
    /// Whoever was asked is gone: what was being measured is measured anew at the next look.
    void interrupt();
    /// Our own port is seen at this one: a carrier that has given us another block of ports shows
    /// itself so. True if what was remembered can't be right; then look() measures.
    bool isContradictedBy(std::uint16_t port);

    const nat::NetworkBehaviour &behaviour() const { return m_behaviour; }
    /// Nothing is being measured that comes within seconds.
    bool isQuickDone() const { return !m_probe || m_probe->isSettled(); }
    bool isTcpDone() const { return !m_probe || m_probe->isTcpDone(); } ///< the same of TCP alone
    /// This network was measured before, as far as its server lets us.
    bool isRemembered() const { return m_known.udp.passes == nat::Answer::Yes; }
    bool isAllDone() const { return !m_probe || m_finished; }

private:
    void begin(const Place &place, bool thorough);
    void measured(nat::DiscoveryEvent event);

    nat::NetworkMemory *m_memory;
    std::function<void()> m_changed;
    QByteArray m_fingerprint;
    Instant m_again{};
    nat::NetworkBehaviour m_known; ///< from earlier
    nat::NetworkBehaviour m_behaviour;
    bool m_verdict = false;
    bool m_finished = false;
    bool m_thorough = false;
    std::unique_ptr<nat::NetworkProbe> m_probe;
};

} // namespace postern
