#pragma once
// TCP through both sides' NATs: sockets and signals around punch::SimultaneousOpen. Wiring only.
//
// Thread: engine thread. The callbacks come from the event loop, or from inside drive().

#include "core/nat/behaviour.h"
#include "core/nat/tcp_question.h"
#include "core/peer/tcp_dial.h"
#include "core/punch/address_budget.h"
#include "core/punch/simultaneous_open.h"

#include <map>

namespace postern {

class TcpPunch {
public:
    struct Setup {
        punch::SimultaneousOpen::Config plan;
        std::uint16_t port = 0; ///< our listener's
        QByteArray token; ///< ours: what the peer shows
        QByteArray peerToken;
        punch::AddressBudget &budget;
        Endpoint stunServer; ///< where ports are sampled
    };
    /// A connection on which both have shown the other's token.
    using Connected = std::function<void(std::unique_ptr<TcpSocket>)>;
    /// Says to the peer that a round begins, or is heard of.
    using Tell = std::function<void(const punch::SimultaneousOpen::Tell &)>;
    /// Nothing more will come; told once.
    using Exhausted = std::function<void()>;

    TcpPunch(Setup setup, Instant now, Tell tell, Connected connected, Exhausted exhausted);

    /// The outsides of the peer's NATs, and where we have IPv6 its own addresses of that, which
    /// stand behind a firewall: as far as they may be dialled, best first.
    static QList<Endpoint> remotesAmong(const QList<punch::Candidate> &peers,
                                        const QList<punch::Candidate> &own);
    /// As both sides know: no UDP will pass between them.
    static bool isUdpHopeless(const QList<punch::Candidate> &own,
                              const nat::NetworkBehaviour &ownNetwork, const Endpoint &peersOutside,
                              const nat::NetworkBehaviour &peersNetwork);

    /// Once both networks are known, before anything begins.
    void setPorts(const nat::NetworkBehaviour &own, const nat::NetworkBehaviour &peers);
    void begin(Instant now); ///< controlling
    void peerTold(Instant now, int round, const QList<quint16> &ports, Duration wait);

private:
    void drive();
    void dial(const punch::SimultaneousOpen::Dial &dial);
    void sample(const punch::SimultaneousOpen::Sample &sample);
    void sampled(std::uint16_t port);
    void dialled(int number, Result<std::unique_ptr<TcpSocket>> socket);

    Setup m_setup;
    punch::SimultaneousOpen m_plan;
    Tell m_tell;
    Connected m_connected;
    Exhausted m_exhausted;
    std::unique_ptr<nat::TcpQuestion> m_sample; ///< kept: what is mapped stays so
    std::map<int, std::unique_ptr<TcpDial>> m_dials;
    std::vector<std::unique_ptr<TcpDial>> m_ended; ///< may be on the stack
    DeadlineTimer m_timer;
};

} // namespace postern
