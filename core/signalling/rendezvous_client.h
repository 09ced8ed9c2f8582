#pragma once
// The account's link to its rendezvous: drives SessionMachine with a TLS 1.3 socket and a
// timer. Trust in the server is never given silently: its certificate must be the pinned one,
// or vouched for by the system's authorities (server_trust.h).
//
// Calls return at once. Callbacks and observer calls come on the engine thread, one at a time
// and never from inside a call; do not destroy the client in one (deleteLater() is fine).
// A callback comes exactly once, unless the client is destroyed first.

#include "core/net/network_watch.h"
#include "core/signalling/server_address.h"
#include "core/signalling/session_machine.h"
#include "core/wire/frame.h"

#include <QAbstractSocket>
#include <QObject>
#include <QTimer>

#include <unordered_map>

class QSslSocket;

namespace postern {

class RendezvousObserver {
public:
    virtual ~RendezvousObserver() = default;

    /// status() changed: state, problem, addresses, or that all contacts are told.
    virtual void linkChanged() = 0;
    /// The contact appeared, changed, came or went online, or is gone: ask contact(name).
    virtual void contactChanged(const QString &name) = 0;
    /// From a contact's device, proved to the server by signature. The body is opaque and
    /// untrusted. Answers go to this very session.
    virtual void signalReceived(const QString &user, const DeviceId &device,
                                const SessionId &session, const QByteArray &body) = 0;
};

class RendezvousClient : public QObject {
    Q_OBJECT

public:
    using Done = std::function<void(Result<void>)>;
    using DialedBackDone = std::function<void(Result<wire::DialedBack>)>;

    explicit RendezvousClient(RendezvousObserver &observer, RandomSource random = fillRandom,
                              QObject *parent = nullptr);
    ~RendezvousClient() override;

    /// `remembered` is the SHA-256 of the certificate seen at the first sign-in, empty then;
    /// serverCertificate() tells it once Online.
    void signIn(const ServerAddress &server, SignInOrder order, const QByteArray &remembered = {});
    void signOut();
    /// Connects, or checks the connection, at once. Other addresses of this machine are noticed
    /// by the client itself; this is for what only others see, as a wake from sleep.
    void networkChanged();

    /// See SessionMachine::urge().
    void urge();

    const LinkStatus &status() const { return m_machine.status(); }
    QByteArray serverCertificate() const { return m_certificateSha256; } ///< SHA-256 of its DER
    QList<Contact> contacts() const { return m_machine.contacts().all(); }
    std::optional<Contact> contact(const QString &name) const
    {
        return m_machine.contacts().find(name);
    }

    void setReceiving(bool receiving);
    void changeContact(const QString &name, wire::ContactAction action, Done done);
    void revokeDevice(const DeviceId &device, Done done);
    /// A null session reaches the device's newest session that receives.
    void sendSignal(const QString &user, const DeviceId &device, const SessionId &session,
                    const QByteArray &body, Done done);
    void dialBack(quint16 tcpPort, quint16 udpPort, const QByteArray &token, DialedBackDone done);

private:
    using Answer = std::function<void(Result<wire::ServerMessage>)>;

    void openConnection();
    void connectBy(QAbstractSocket::NetworkLayerProtocol protocol);
    void closeConnection();
    void judgeCertificate(const QString &systemProblem);
    void encrypted();
    void feedFrames();
    void failed();

    void ask(ClientRequest request, Answer answer);
    void carryOut();
    void tellLater(SessionOutput output);
    void tellAll();
    void tell(SessionOutput &output);

    RendezvousObserver &m_observer;
    SessionMachine m_machine;
    ServerAddress m_server;
    QByteArray m_remembered;
    QByteArray m_certificateSha256;
    std::optional<Error> m_certificateProblem;
    QSslSocket *m_socket = nullptr; ///< our child; null while there is no connection
    bool m_onlyV4 = false; ///< not connected yet, and only IPv4 was tried
    FrameReader m_frames;
    QTimer m_deadline;
    NetworkWatch m_networkWatch;
    std::unordered_map<std::uint32_t, Answer> m_waiting;
    std::vector<SessionOutput> m_untold; ///< for the observer and the waiting, told by tellAll()
};

} // namespace postern
