#pragma once
// How long a mapping lives: unused (idle), and whatever its traffic (absolute, as some carriers
// cut them). On sockets of its own, so that no mapping in use is touched; takes minutes.
//
// A mapping left alone for a while is called from outside: another socket asks the server to
// answer to its port (RESPONSE-PORT). Where the server can't do that, the socket asks again and
// sees whether its port is still the same, which says nothing where the NAT keeps ports.
//
//     Checking --> Rounds: 10, 30, 60, 120, 300 s side by side --> Halving --> Finished
//        \-- neither way works ------------------------------------------------^
//
// Pure, through the Prober. Source: RFC 5780 section 4.6.

#include "core/nat/prober.h"

namespace postern::nat {

class LifetimeTest {
public:
    using Changed = std::function<void(Instant)>;

    LifetimeTest(Prober &prober, Changed changed)
        : m_prober(prober)
        , m_changed(std::move(changed))
    {
    }
    /// `portsTell`: a new mapping shows by its port.
    void start(Instant now, const Endpoint &server, bool portsTell);

    int idleSeconds() const; ///< the longest that one was seen to live; 0: not known
    int absoluteSeconds() const { return m_absolute; }
    bool finished() const { return !m_running && !m_watching; }

private:
    struct Mapping {
        int socket = -1;
        Duration idle{};
        std::uint16_t port = 0;
        int unclear = 0; ///< times that nothing came through at all
    };

    void chooseMethod(Instant now);
    void beginRound(Instant now, const std::vector<Duration> &idles);
    void leaveAlone(Instant now, Mapping mapping);
    void check(Instant now, const Mapping &mapping);
    void callFromOutside(Instant now, const Mapping &mapping, std::function<void(Instant, bool)>);
    void isAlive(Instant now, const Mapping &mapping);
    void isDead(Instant now, const Mapping &mapping);
    void ended(Instant now, const Mapping &mapping);
    void endRound(Instant now);
    void watch(Instant now);
    void watched(Instant now, const Reply &reply);
    void wasCut(Instant now);

    Prober &m_prober;
    Changed m_changed;
    Endpoint m_server;
    bool m_portsTell = false;
    bool m_byResponsePort = false;
    bool m_running = false;
    std::vector<int> m_sockets; ///< being left alone in this round
    Duration m_alive{};
    Duration m_dead = Duration::max();

    bool m_watching = false;
    int m_watchSocket = -1;
    Instant m_watchEnds{};
    Instant m_born{};
    std::uint16_t m_watchPort = 0; ///< 0: to be born
    Duration m_cutAge{};
    int m_absolute = 0;
};

} // namespace postern::nat
