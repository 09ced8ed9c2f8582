#pragma once
// One attempt to connect to a peer's device, from the first signal to a secured channel that
// has carried full-size data both ways. Wiring only: which addresses are worth what, when to
// send what and who wins is decided by punch::Agent and punch::Race.
//
//   controlling: Offering --answer--> Seeking --won--> Greeting --hello--> done
//                                                 \--in a hurry--> done (greeting_channel.h)
//   controlled:                       Seeking --hello of the peer--> done
//
// `done` comes once. Thread: engine thread; nothing is called back from inside a call.

#include "core/identity/device_key.h"
#include "core/peer/connect_messages.h"
#include "core/peer/early_path.h"
#include "core/peer/fresh_port.h"
#include "core/peer/gatherer.h"
#include "core/peer/hello_exchange.h"
#include "core/peer/network_exchange.h"
#include "core/peer/ready_channel.h"
#include "core/peer/tcp_dial.h"
#include "core/peer/tcp_door.h"
#include "core/peer/tcp_punch.h"
#include "core/peer/udp_search.h"
#include "core/punch/agent.h"
#include "core/punch/race.h"
#include "core/transport/channel_role.h"

#include <QCoreApplication>

#include <map>
#include <optional>
#include <vector>

namespace postern {

class PeerConnection {
    Q_DECLARE_TR_FUNCTIONS(postern::PeerConnection)

public:
    struct Surroundings {
        UdpDoor &udp;
        TcpDoor &tcp;
        Gatherer &gatherer;
        punch::Budgets &budgets;
        DeviceKey key;
        Congestion congestion = Congestion::Bbr;
    };
    struct Setup {
        ConnectionId id;
        LinkId link;
        punch::Role role = punch::Role::Controlling;
        DeviceId peer;
        punch::PathFilter filter = punch::PathFilter::Auto;
        peer::Purpose purpose = peer::Purpose::Begin;
        GoesAhead goesAhead = {}; ///< controlling
    };
    using Send = std::function<void(const peer::ConnectMessage &)>;
    using Done = std::function<void(Result<ReadyChannel>)>;

    /// The other program must answer an offer by itself; no person is asked.
    static constexpr Duration ANSWER_PATIENCE = 10s;
    /// Within that it is asked once more each time so much has passed: a word may be lost where a
    /// connection to the server breaks.
    static constexpr Duration ASK_AGAIN = 3s;
    /// The same while transfers wait: then it is asked anew.
    static constexpr Duration URGENT_PATIENCE = 2s;
    /// What is allowed for asking STUN: our NAT may have a new mapping.
    static constexpr Duration MAPPING_PATIENCE = 250ms;
    /// The same for a port that has not been asked for before, while no transfer stands still.
    static constexpr Duration FRESH_PATIENCE = 1500ms;
    /// From the choice of a channel to its hello; while transfers wait no longer than an answer.
    static constexpr Duration HELLO_PATIENCE = 5s;

    PeerConnection(Surroundings surroundings, const Setup &setup, Send send, Done done);
    ~PeerConnection();

    void offer(); ///< controlling: begins
    void answer(const peer::ConnectOffer &offer); ///< controlled: begins
    void answered(const peer::ConnectAnswer &answer);
    void peerNetwork(const peer::ConnectNetwork &network);
    void peerPorts(const peer::ConnectPorts &ports);
    void peerRound(const peer::ConnectRound &round);
    void failed(const Error &why); ///< by the other side: refused, or given up
    void sayAgain(); ///< the offer while there is no answer, or the answer

    Instant startedAt() const { return m_startedAt; }
    /// It has offered, and waits.
    bool awaitsAnswer() const { return m_deadline != NEVER && !m_race; }
    /// What was agreed with the peer; no steps before its answer.
    nat::Plan agreedPlan() const { return m_race ? plan() : nat::Plan(); }
    /// What happened so far.
    QList<punch::TimelineEntry> timeline() const;

private:
    /// One way among those that race.
    struct Attempt {
        std::unique_ptr<TcpDial> dial;
        std::unique_ptr<PeerChannel> channel;
        std::unique_ptr<HelloExchange> hello;
        Endpoint local;
    };

    /// One of our UDP sockets, 0 the main one, and an address of the peer.
    using UdpWay = std::pair<int, Endpoint>;

    void whenMapped(std::function<void()> then);
    UdpDoor &udp() { return m_fresh ? m_fresh->door() : m_around.udp; }
    Endpoint mappedUdp() const;
    void sendOffer();
    void sendAnswer(const peer::ConnectOffer &offer);
    punch::PunchOffer makeOffer();
    Result<void> seek(const punch::PunchOffer &theirs);
    nat::Plan plan() const;
    void followPlan(Instant now);
    void punchTcp(Instant now, const QList<punch::Candidate> &candidates);
    void drive();
    void driveAgent();
    void driveRace();
    void arm();

    bool takeStun(int socket, const Datagram &datagram);
    void expectHandshake(const UdpWay &way);
    void handshakeArrived(const UdpWay &way);
    void accept(std::unique_ptr<TcpSocket> socket, TcpDoor::Greeting greeting);
    void tcpPunched(std::unique_ptr<TcpSocket> socket);
    void dial(const punch::Dial &dial);
    void secure(const punch::Secure &secure);
    void secureTcp(punch::AttemptId id, std::unique_ptr<TcpSocket> socket);
    void secureUdp(punch::AttemptId id, const UdpWay &way, std::unique_ptr<DatagramPath> path);
    void established(punch::AttemptId id, const Result<void> &result);
    void won(const punch::Won &won);
    PathInfo wonPath(const Attempt &attempt) const;
    void greeted(punch::AttemptId id, const Result<peer::PeerHello> &hello);
    void noPath();
    void end(Result<ReadyChannel> result);
    void timeIsUp();
    void mapped();
    bool isUrgent() const { return m_setup.purpose == peer::Purpose::Repair; }

    ChannelRole channelRole() const;
    bool usesUdp() const { return m_setup.filter != punch::PathFilter::Tcp; }

    Surroundings m_around;
    Setup m_setup;
    Send m_send;
    Done m_done;
    Instant m_startedAt;
    QByteArray m_token; ///< opens our TCP port for this connection
    QByteArray m_peerToken;
    std::shared_ptr<FreshPort> m_fresh; ///< stands for the main port; null: that is used
    punch::Agent m_agent;
    std::optional<punch::Race> m_race;
    std::map<punch::AttemptId, Attempt> m_attempts;
    std::vector<std::pair<std::unique_ptr<TcpSocket>, TcpDoor::Greeting>>
        m_overtaking; ///< came before the peer's answer
    std::unique_ptr<TcpPunch> m_tcpPunch; ///< where there is something to be punched
    UdpSearch m_search;
    NetworkExchange m_networks;
    Endpoint m_peerOutside; ///< as servers see its UDP port by IPv4; null: not told
    bool m_planned = false; ///< both networks are known, and ports are searched by that
    std::map<UdpWay, std::unique_ptr<EarlyPath>> m_early; ///< where the peer's checks came
    std::map<UdpWay, punch::PathReport> m_validated; ///< what our own checks found
    std::map<UdpWay, Endpoint> m_localOf; ///< our address that the peer's checks came to
    std::optional<punch::Won> m_won;
    std::optional<Error> m_problem; ///< the most telling reason so far
    std::optional<peer::ConnectMessage> m_said; ///< the offer, or the answer
    Instant m_askAgain = NEVER;
    Instant m_deadline = NEVER; ///< for the answer, or the hello
    UdpDoor::TakerNumber m_taker = 0;
    std::function<void()> m_onceMapped; ///< the offer or the answer, while STUN is asked
    Instant m_mappedBy = NEVER;
    bool m_driving = false;
    DeadlineTimer m_timer;
    std::shared_ptr<bool> m_alive = std::make_shared<bool>(true);
};

} // namespace postern
