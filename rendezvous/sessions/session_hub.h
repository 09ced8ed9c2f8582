#pragma once
// All sessions of this server, and what their requests set in motion: accounts, directory,
// router, dialler. Decides nothing by itself but limits. Network thread.

#include "rendezvous/dialback/dialer.h"
#include "rendezvous/presence/directory.h"
#include "rendezvous/sessions/limits.h"
#include "rendezvous/sessions/session.h"

namespace postern::rendezvous {

class SessionHub final : public Session::House {
public:
    struct Settings {
        RegistrationPolicy registration = RegistrationPolicy::Open;
        Endpoint stun;
        Endpoint stunAlternate;
        std::uint16_t stunSecondPort = 0; ///< without an alternate; 0: none
        ConnectionLimits::Most connections;
        /// Relays and a credential for an account; empty: this server has no relay.
        std::function<wire::RelayAccess(AccountId)> relayAccess;
        /// Takes connections that speak TURN; empty: they are closed.
        std::function<void(DivertedStream)> turnStream;
    };

    SessionHub(asio::io_context &network, AccountService &accounts, Settings settings);
    ~SessionHub() override;

    /// A new client; closed at once if its address has too many connections.
    void admit(asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls);

    /// Tells every client that the server goes, and calls back when the last has gone.
    void drain(std::function<void()> done);

    std::size_t sessions() const { return m_sessions.size(); }

private:
    struct Guest {
        std::shared_ptr<Session> session;
        std::shared_ptr<const TlsContext> tls; ///< outlives its connections across a reload
        bool countedEarly = true;
    };

    void perform(Session &session, const Effect &effect) override;
    void spokenOtherwise(DivertedStream stream) override;
    void sessionEnded(Session &session) override;

    void enter(Session &session, const effect::Enter &order);
    void entered(const SessionId &id, const effect::Enter &order, const Reply<Membership> &reply);
    void welcome(Session &session, quint32 request, const Membership &membership);
    void changeContact(Session &session, const wire::ContactChange &request);
    void setReceiving(Session &session, const wire::SetReceiving &request);
    void sendSignal(Session &session, const wire::SendSignal &request);
    void revoke(Session &session, const wire::RevokeDevice &request);
    void dialBack(Session &session, const wire::DialBack &request);
    void grantRelay(Session &session, const wire::RelayRequest &request);

    /// False, and answered, when the account asks too often.
    bool mayAsk(Session &session, RequestLimits::Kind kind, quint32 request);
    void answer(const SessionId &id, quint32 request, const std::optional<wire::Failure> &failure);
    void deliver(const Deliveries &deliveries);
    void endSession(const SessionId &id, wire::FailureCode code, const QString &sentence);
    void watchDisabled();
    std::shared_ptr<Session> find(const SessionId &id) const;

    asio::io_context &m_network;
    AccountService &m_accounts;
    Settings m_settings;
    ConnectionLimits m_connectionLimits;
    EntryLimits m_entryLimits;
    RequestLimits m_requestLimits;
    Directory m_directory;
    Dialer m_dialer;
    std::unordered_map<SessionId, Guest> m_sessions;
    asio::steady_timer m_disabledTimer;
    std::function<void()> m_drained;
};

} // namespace postern::rendezvous
