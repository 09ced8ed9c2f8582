#pragma once
// A real PeerNetwork whose signalling is played: what it wants to send is kept, and what others
// send is brought to it by the test.

#include "core/base/random.h"
#include "core/peer/peer_network.h"

namespace postern::test {

class SignalledNetwork final : public PeerNetworkHost {
public:
    explicit SignalledNetwork(const QString &peer)
        : user(peer)
        , network(std::move(*PeerNetwork::open(0, *DeviceKey::generate(), *this)))
    {
    }

    /// The other side says something, by a session of its own each time.
    void signal(const peer::ConnectMessage &message) { signal(wire::encodeAny(message)); }
    void signal(const QByteArray &body)
    {
        network->signalReceived(user, device, randomId<SessionId>(), body);
    }
    /// An offer with credentials that nobody else has.
    static peer::ConnectOffer makeOffer(const QList<punch::Candidate> &candidates = {})
    {
        peer::ConnectOffer offer;
        offer.connection = randomId<ConnectionId>();
        const auto credentials = punch::Credentials::generate(fillRandom);
        offer.punch = {credentials.ufrag, credentials.password, candidates,
                       randomBytes(peer::TOKEN_BYTES)};
        return offer;
    }

    QString user;
    DeviceId device = *DeviceId::fromBytes(viewOf(randomBytes(32)));
    bool isContact = true;
    bool receives = true;
    LinkClaim claim = LinkClaim::Unknown;
    std::function<bool(const peer::ConnectMessage &)> isLost; ///< null: nothing is
    QList<QByteArray> sent;
    QList<LinkId> ended; ///< links whose search by the other side came to nothing

private:
    void sendSignal(const QString &, const DeviceId &, const SessionId &, const QByteArray &body,
                    std::function<void(Result<void>)> done) override
    {
        sent.append(body);
        const auto message = wire::decode<peer::ConnectMessage>(body);
        if (isLost && message && isLost(*message))
            done(Error{ErrorCode::Disconnected, QString()});
    }
    void dialBack(std::uint16_t, std::uint16_t, const QByteArray &, Gatherer::DialBackDone) override
    {
    }
    Result<void> mayTalkTo(const QString &, const DeviceId &) override
    {
        return isContact ? Result<void>() : Error{ErrorCode::NotAllowed, QString()};
    }
    bool isReceiving() const override { return receives; }
    void urgeServer() override { }
    LinkClaim claimLink(const LinkId &, const QString &, const DeviceId &, const SessionId &,
                        bool) override
    {
        return claim;
    }
    void claimEnded(const LinkId &link, bool) override { ended.append(link); }
    wire::RelayAccess relayAccess() const override { return {}; }
    void peerConnected(PeerLink) override { }

public:
    std::unique_ptr<PeerNetwork> network; ///< goes first
};

} // namespace postern::test
