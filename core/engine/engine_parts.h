#pragma once
// What the engine thread owns, wired together. Decisions live in the parts.
//
//     AccountDesk ---- key, profile ----> RendezvousClient <---- signals ----> PeerNetwork
//                                              |                                   |
//                                      TrustedContacts <---- may we talk? ------- links
//                                              |                                   |
//                                              +---------> TransferDesk <----------+
//                                                               |
//                                                          HistoryDesk
//
// Thread: engine thread, from construction to destruction.

#include "core/engine/account_desk.h"
#include "core/engine/engine_events.h"
#include "core/engine/history_desk.h"
#include "core/engine/network_memory_file.h"
#include "core/engine/peer_links.h"
#include "core/engine/queue_desk.h"
#include "core/engine/transfer_desk.h"
#include "core/engine/trusted_contacts.h"
#include "core/engine/wake_keeper.h"
#include "core/portmap/port_mapper.h"
#include "core/signalling/rendezvous_client.h"
#include "core/transfer/worker_pool.h"

#include <QCoreApplication>
#include <QObject>

namespace postern {

struct EngineParts final : public RendezvousObserver, public PeerNetworkHost {
    Q_DECLARE_TR_FUNCTIONS(postern::EngineParts)

public:
    using Done = std::function<void(Result<void>)>;
    using NetworkDone = std::function<void(Result<NetworkInfo>)>;

    EngineParts(const EngineOptions &engineOptions, const EngineEvents &engineEvents);
    ~EngineParts() override;

    void changeContact(const QString &name, wire::ContactAction action, Done done);
    Result<void> setContactRule(const QString &name, const std::optional<ContactRule> &rule);
    void measureNetwork(NetworkMeasurement measurement, NetworkDone done);
    void shutDown(std::function<void()> done);

    // --- from the rendezvous ---------------------------------------------------------
    void linkChanged() override;
    void contactChanged(const QString &name) override;
    void signalReceived(const QString &user, const DeviceId &device, const SessionId &session,
                        const QByteArray &body) override;

    // --- for the peer network --------------------------------------------------------
    void sendSignal(const QString &user, const DeviceId &device, const SessionId &session,
                    const QByteArray &body, Done done) override;
    void dialBack(std::uint16_t tcpPort, std::uint16_t udpPort, const QByteArray &token,
                  Gatherer::DialBackDone done) override;
    Result<void> mayTalkTo(const QString &user, const DeviceId &device) override;
    nat::NetworkMemory *networkMemory() override { return networkMemoryFile.get(); }
    bool isReceiving() const override { return transfers.isReceiving(); }
    void urgeServer() override { client.urge(); }
    void claimEnded(const LinkId &link, bool byRelay) override
    {
        if (links)
            links->claimEnded(link, byRelay);
    }
    LinkClaim claimLink(const LinkId &link, const QString &user, const DeviceId &device,
                        const SessionId &session, bool byRelay) override
    {
        return links->claim(link, user, device, session, byRelay);
    }
    wire::RelayAccess relayAccess() const override { return client.status().relay; }
    void peerConnected(PeerLink link) override;
    void searchEnded(const SearchReport &report) override;

    /// Tells the faces soon; several changes in a row are told once.
    void contactsChanged();

    const EngineOptions options;
    WakeKeeper wake;
    const EngineEvents events;
    QObject thread; ///< lives in the engine thread: what is posted to it runs there
    WorkerPool pool;
    std::shared_ptr<FileSystem> files;
    TrustedContacts contacts;
    RendezvousClient client;
    AccountDesk account;
    HistoryDesk history;
    QueueDesk queue;
    TransferDesk transfers;
    std::unique_ptr<NetworkMemoryFile> networkMemoryFile; ///< once the profile is open
    std::unique_ptr<PeerNetwork> network; ///< while signed in
    std::unique_ptr<PeerLinks> links;
    std::unique_ptr<portmap::PortMapper> portMapper; ///< while there is a network, if wanted

private:
    void wentOnline();
    void wentOffline();
    void mapPort(const Endpoint &observed);
    void unmapPort();
    void tellNetwork(const NetworkDone &done);
    void tellSession();
    void tellContacts();
    QList<ContactInfo> contactInfos();

    std::optional<Account> m_signedIn; ///< whose pins and contacts are loaded; server as host:port
    bool m_online = false;
    bool m_contactsTold = false; ///< all of them, since this sign-in
    bool m_contactsChanged = false;
    bool m_numbersChanged = false;
    DeadlineTimer m_contactsTimer;
};

} // namespace postern
