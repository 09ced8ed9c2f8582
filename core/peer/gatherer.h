#pragma once
// What this machine can be reached at: its own addresses, the outside of its NAT as the
// rendezvous and STUN see it, and whether a dial-back proved it public. Kept fresh while
// signed in, so that an offer can be made at once.
//
// Thread: engine thread. Source: RFC 8445 section 5.1 (gathering), RFC 8489 (STUN).

#include "core/base/interface_address.h"

#include "core/net/deadline_timer.h"
#include "core/peer/stun_question.h"
#include "core/peer/survey.h"
#include "core/peer/tcp_door.h"
#include "core/peer/udp_door.h"
#include "core/portmap/mapping_method.h"
#include "core/punch/candidate.h"

#include <functional>
#include <optional>

namespace postern {

struct NetworkFacts {
    QList<InterfaceAddress> interfaces;
    std::uint16_t port = 0;
    Endpoint observedTcp; ///< as the rendezvous saw our connection; null until known
    Endpoint mappedUdp; ///< as STUN saw our UDP port; null: not known, or UDP does not get through
    Endpoint mappedTcp; ///< as STUN over TCP saw our TCP port; null: not known
    bool tcpReachable = false; ///< the rendezvous got through to the listener
    bool udpReachable = false; ///< and to the UDP port, from an address it had not been sent to
    std::optional<portmap::PortMapping> mapping; ///< what the router promised
    Endpoint publicTcp; ///< of that, what the rendezvous got through to; null: nothing
    Endpoint publicUdp;

    /// Anyone can open a TCP connection to us.
    bool isTcpPublic() const { return tcpReachable || !publicTcp.isNull(); }
};

class Gatherer {
public:
    struct DialBackResult {
        bool tcp = false;
        bool udp = false;
    };
    using DialBackDone = std::function<void(Result<DialBackResult>)>;
    /// Asks the rendezvous to try our ports.
    using DialBack = std::function<void(std::uint16_t tcpPort, std::uint16_t udpPort,
                                        const QByteArray &token, DialBackDone)>;

    /// After this long without an answer UDP to the server is taken as blocked.
    static constexpr Duration STUN_PATIENCE = 1500ms;

    Gatherer(UdpDoor &udp, TcpDoor &tcp, std::uint16_t port, DialBack dialBack,
             nat::NetworkMemory *memory = nullptr);
    ~Gatherer();

    /// Signed in: where the server saw us, and its STUN responder (null port: none), with the
    /// other address or port of that, if it has one.
    void setServer(const Endpoint &observed, const Endpoint &stun,
                   const Endpoint &stunAlternate = {});
    /// Signed out: stops asking, forgets the outside.
    void clearServer();

    /// The router passes other ports of its outside on to ours, or ceased to. They count once the
    /// rendezvous got through them: further NATs may stand between.
    void setMapping(const std::optional<portmap::PortMapping> &mapping);

    /// Asks again, the interfaces too; `done` comes when all answers or time-outs are in.
    void refresh(std::function<void()> done = {});
    /// The same, and measures the network anew with all that takes minutes.
    void measureThoroughly(std::function<void()> done);

    /// Asks STUN only; `done` comes with its answer or when patience ends, never at once.
    void refreshMapping(std::function<void()> done);

    const NetworkFacts &facts() const { return m_facts; }
    /// What this network does to packets, as far as it has been measured; goes into offers.
    const nat::NetworkBehaviour &behaviour() const { return m_behaviour; }
    const Endpoint &stunServer() const { return m_stunServer; }
    /// STUN has told where our port is seen, or nobody will.
    bool isMappingKnown() const;
    /// What our network does to ports is known as far as it will be within seconds, or does not
    /// matter for meeting a peer.
    bool isOutsideKnown() const;
    /// One of our UDP ports, and where it is seen; null: not known.
    struct UdpPort {
        std::uint16_t number = 0;
        Endpoint mapped;
    };
    /// What to offer a peer, best first. Reads the interfaces anew. `fresh`: to meet it at this
    /// UDP port instead of the main one.
    QList<punch::Candidate> candidates(const std::optional<UdpPort> &fresh = {});
    /// Our NAT cuts the mapping of a UDP port so long after its birth.
    std::optional<Duration> mappingLife() const;

private:
    /// What one dial-back shows: the address we were seen at, and the ports tried on it.
    struct Outside {
        Endpoint observed;
        std::uint16_t tcpPort = 0;
        Endpoint udp;
        friend bool operator==(const Outside &, const Outside &) = default;
    };
    using Tried = std::optional<Outside>;

    Endpoint outsideTcp() const;
    void readInterfaces();
    void askStun();
    void stunEnded(const Endpoint &mapped);
    void askDialBack();
    void askDialBack(Tried &tried, const Outside &outside,
                     std::function<void(const DialBackResult &)> take);
    void tellMapped();
    void finishRefresh();
    void judgeReachability();
    void tellBehaviour();
    Survey::Place place() const;
    bool takeDialBack(const Datagram &datagram);
    void answerDialBack(const Datagram &datagram, const stun::Message &request);
    void tick();
    void arm();

    UdpDoor &m_udp;
    TcpDoor &m_tcp;
    DialBack m_dialBack;
    UdpDoor::TakerNumber m_taker;
    NetworkFacts m_facts;
    Survey m_survey;
    nat::NetworkBehaviour m_behaviour;
    nat::Answer m_isPublic = nat::Answer::Unknown;
    Endpoint m_stunServer;
    Endpoint m_stunAlternate;
    std::optional<StunQuestion> m_question; ///< of our main port
    Instant m_nextRefresh = NEVER;
    int m_dialBacks = 0; ///< under way
    QByteArray m_token; ///< of all those
    Tried m_ownTried; ///< what was last dialled back of our own port
    Tried m_mappingTried; ///< and of the router's
    std::vector<std::function<void()>> m_waiting;
    std::vector<std::function<void()>> m_mappingWaiting; ///< for STUN alone
    std::vector<std::function<void()>> m_waitingForAll;
    DeadlineTimer m_timer;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
