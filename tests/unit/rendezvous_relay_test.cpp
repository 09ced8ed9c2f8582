// The TURN client's machine and the TURN server's, talking in virtual time: no sockets, no
// waiting. Loss, nonces that go stale, credentials and allocations that run out, quotas, and
// what a hostile client or server says.

#include "core/relay/allocation_machine.h"
#include "core/stun/integrity.h"
#include "rendezvous/relay/byte_quota.h"
#include "rendezvous/relay/turn_responder.h"

#include <QTest>

using namespace postern;
using namespace postern::rendezvous;
using relay::AllocationMachine;
using stun::Attribute;
using stun::MessageClass;
using stun::MessageWriter;
using stun::Method;
using stun::StunError;

namespace {

const QByteArray SECRET = "secret";
const Endpoint SERVER = *Endpoint::parse(QStringLiteral("198.51.100.1:3478"));
const Endpoint CLIENT = *Endpoint::parse(QStringLiteral("203.0.113.9:40000"));
const Endpoint PEER = *Endpoint::parse(QStringLiteral("192.0.2.7:5000"));
const Instant BEGIN = Instant(1000h);
constexpr qint64 BEGIN_SECONDS = 1'800'000'000; // since 1970

wire::RelayAccess accessUntil(qint64 seconds)
{
    wire::RelayAccess access;
    RelayCredentials(SECRET).grant(access, {42}, seconds - RelayCredentials::LIFETIME.count());
    return access;
}

/// A server whose ports are numbers.
class Server final : TurnResponder::Ports {
public:
    explicit Server(RelaySettings settings = {})
        : responder(withSecret(std::move(settings)), *this)
    {
    }

    std::optional<QByteArray> hear(Instant now, const QByteArray &request,
                                   const Endpoint &from = CLIENT, quint64 stream = 0)
    {
        const auto message = stun::Message::parse(viewOf(request));
        const qint64 seconds = BEGIN_SECONDS + toMilliseconds(now - BEGIN) / 1000;
        return message ? responder.answer({now, seconds}, {stream, from, SERVER.address}, *message)
                       : std::nullopt;
    }

    Result<Endpoint> openPort(const Wanted &wanted) override
    {
        if (wanted.family == IpAddress::Family::V6)
            return Error{ErrorCode::NotAllowed, QString()};
        if (noPorts)
            return Error{ErrorCode::LimitExceeded, QString()};
        ++open;
        return Endpoint{SERVER.address, static_cast<std::uint16_t>(50'000 + wanted.allocation)};
    }
    void closePort(quint64) override { --open; }

    bool noPorts = false;
    int open = 0;
    TurnResponder responder;

private:
    static RelaySettings withSecret(RelaySettings settings)
    {
        settings.secret = SECRET;
        return settings;
    }
};

/// A client's machine, its clock, and the way between it and a server.
class Client {
public:
    explicit Client(Server &server, const wire::RelayAccess &access, bool reliable = false)
        : m_server(server)
        , machine({.credential = {access.username.toUtf8(), access.password.toUtf8()},
                   .server = SERVER,
                   .reliable = reliable},
                  seededRandom(7))
    {
    }

    /// Carries messages to and fro until `until`, losing those that `lose` says.
    void run(Instant until, const std::function<bool(int)> &lose = {})
    {
        for (;;) {
            machine.advance(now);
            const auto requests = machine.takeTransmits(now);
            for (const QByteArray &request : requests) {
                if (++sent; lose && lose(sent))
                    continue;
                if (const auto answer = m_server.hear(now, request))
                    machine.received(now, viewOf(*answer));
            }
            for (auto &event : machine.takeEvents())
                events.push_back(std::move(event));
            if (!requests.empty())
                continue; // an answer may have made another request
            const Instant next = machine.deadline();
            if (next > until)
                break;
            now = std::max(now, next);
        }
        now = until;
    }
    void runFor(Duration time) { run(now + time); }

    template<typename Event> const Event *find() const
    {
        for (const auto &event : events) {
            if (const auto *found = std::get_if<Event>(&event))
                return found;
        }
        return nullptr;
    }
    std::optional<ErrorCode> ended() const
    {
        const auto *end = find<relay::allocation_event::Ended>();
        return end ? std::optional(end->why.code) : std::nullopt;
    }

private:
    Server &m_server;

public:
    AllocationMachine machine;
    Instant now = BEGIN;
    int sent = 0;
    std::vector<relay::AllocationEvent> events;
};

wire::RelayAccess goodAccess() { return accessUntil(BEGIN_SECONDS + 3600); }

int errorOf(const std::optional<QByteArray> &answer)
{
    const auto message = answer ? stun::Message::parse(viewOf(*answer)) : Error{};
    const auto error = message ? message->error() : std::nullopt;
    return error ? error->code : 0;
}

/// Signs requests as a client would that has been challenged.
class Signer {
public:
    Signer(Server &server, const wire::RelayAccess &access, const Endpoint &from = CLIENT)
        : m_server(server)
        , m_from(from)
        , m_credential(access.username.toUtf8(), access.password.toUtf8())
    {
        const auto challenge = server.hear(
            BEGIN, MessageWriter(MessageClass::Request, Method::Allocate, id()).take(), from);
        const auto message = stun::Message::parse(viewOf(*challenge));
        if (!m_credential.challenged(*message))
            qFatal("no challenge");
    }

    static stun::TransactionId id()
    {
        static std::uint8_t last = 0;
        return stun::TransactionId(
            std::array<std::uint8_t, 12>{++last, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
    }
    int ask(MessageWriter &&request, Instant now = BEGIN)
    {
        m_credential.sign(request);
        m_last = m_server.hear(now, request.take(), m_from);
        return errorOf(m_last);
    }
    static MessageWriter request(Method method) { return {MessageClass::Request, method, id()}; }
    static MessageWriter allocate()
    {
        auto writer = request(Method::Allocate);
        writer.number32(Attribute::RequestedTransport, 17u << 24);
        return writer;
    }

private:
    Server &m_server;
    Endpoint m_from;
    relay::LongTermCredential m_credential;
    std::optional<QByteArray> m_last;
};

} // namespace

class RendezvousRelayTest : public QObject {
    Q_OBJECT

private slots:
    void allocatesAndKeepsItAlive()
    {
        Server server;
        Client client(server, goodAccess());
        client.machine.allocate(client.now);
        client.runFor(1s);
        QCOMPARE(client.machine.state(), AllocationMachine::State::Ready);
        QCOMPARE(client.machine.allocation().relayed.address, SERVER.address);
        QCOMPARE(client.machine.allocation().mapped, CLIENT);
        client.machine.bind(client.now, PEER);
        client.runFor(1s);
        QVERIFY(client.find<relay::allocation_event::PeerReady>());
        const auto *held = server.responder.table().byId(1);
        const auto channel = client.machine.channelOf(PEER);
        QVERIFY(held && channel);
        QCOMPARE(held->peerOf(*channel, client.now), std::optional(PEER));

        // A day: nonces go stale each hour, the credential runs out after one; all is refreshed.
        for (int minute = 0; minute < 24 * 60; ++minute) {
            client.runFor(1min);
            server.responder.expire(client.now);
            QVERIFY(held->permits(PEER.address, client.now));
            QVERIFY(held->channelTo(PEER, client.now).has_value());
        }
        QCOMPARE(client.machine.state(), AllocationMachine::State::Ready);

        client.machine.release(client.now);
        client.runFor(1s);
        QCOMPARE(client.ended(), std::optional(ErrorCode::Cancelled));
        QCOMPARE(server.open, 0);
    }

    void givesUpAnAllocationThatIsNotRefreshed()
    {
        Server server;
        Client client(server, goodAccess());
        client.machine.allocate(client.now);
        client.runFor(1s);
        server.responder.expire(BEGIN + 599s);
        QCOMPARE(server.open, 1);
        server.responder.expire(BEGIN + 601s);
        QCOMPARE(server.open, 0);
        client.runFor(700s); // its refresh comes too late
        QCOMPARE(client.ended(), std::optional(ErrorCode::Disconnected));
    }

    void getsThroughLoss_data()
    {
        QTest::addColumn<int>("oneOf");
        QTest::newRow("every second is lost") << 2;
        QTest::newRow("two of three are lost") << 3;
    }
    void getsThroughLoss()
    {
        QFETCH(int, oneOf);
        Server server;
        Client client(server, goodAccess());
        client.machine.allocate(client.now);
        client.run(client.now + 60s, [oneOf](int number) { return number % oneOf != 0; });
        QCOMPARE(client.machine.state(), AllocationMachine::State::Ready);
        client.machine.bind(client.now, PEER);
        client.run(client.now + 60s, [oneOf](int number) { return number % oneOf != 0; });
        QVERIFY(client.machine.channelOf(PEER).has_value());
    }

    void endsWhenNobodyAnswers_data()
    {
        QTest::addColumn<bool>("reliable");
        QTest::addColumn<int>("requests");
        QTest::newRow("UDP: seven times (RFC 8489 section 6.2.1)") << false << 7;
        QTest::newRow("a stream: once") << true << 1;
    }
    void endsWhenNobodyAnswers()
    {
        QFETCH(bool, reliable);
        QFETCH(int, requests);
        Server server;
        Client client(server, goodAccess(), reliable);
        client.machine.allocate(client.now);
        client.run(client.now + 39s, [](int) { return true; });
        QVERIFY(!client.ended());
        client.run(client.now + 1s, [](int) { return true; });
        QCOMPARE(client.ended(), std::optional(ErrorCode::Timeout));
        QCOMPARE(client.sent, requests);
    }

    void refusesCredentials_data()
    {
        QTest::addColumn<QString>("username");
        QTest::addColumn<QString>("password");
        const auto good = goodAccess();
        const auto expired = accessUntil(BEGIN_SECONDS - 1);
        QTest::newRow("run out") << expired.username << expired.password;
        QTest::newRow("wrong password") << good.username << QStringLiteral("guess");
        QTest::newRow("longer than granted")
            << QStringLiteral("9") + good.username << good.password;
        QTest::newRow("no time in it") << QStringLiteral("anna") << good.password;
        QTest::newRow("empty") << QString() << QString();
    }
    void refusesCredentials()
    {
        QFETCH(QString, username);
        QFETCH(QString, password);
        Server server;
        wire::RelayAccess access;
        access.username = username;
        access.password = password;
        Client client(server, access);
        client.machine.allocate(client.now);
        client.runFor(60s);
        QCOMPARE(client.ended(), std::optional(ErrorCode::NotAllowed));
        QCOMPARE(server.open, 0);
        QVERIFY(client.sent <= 4);
    }

    void refusesRequests_data()
    {
        QTest::addColumn<std::function<int(Signer &)>>("ask");
        QTest::addColumn<int>("code");
        const auto row = [](const char *name, int code, std::function<int(Signer &)> ask) {
            QTest::newRow(name) << ask << code;
        };
        row("no transport", 400,
            [](Signer &s) { return s.ask(Signer::request(Method::Allocate)); });
        row("TCP relay", 442, [](Signer &s) {
            return s.ask(std::move(Signer::request(Method::Allocate)
                                       .number32(Attribute::RequestedTransport, 6u << 24)));
        });
        row("IPv6 where there is none", 440, [](Signer &s) {
            return s.ask(std::move(
                Signer::allocate().number32(Attribute::RequestedAddressFamily, 2u << 24)));
        });
        row("unknown family", 440, [](Signer &s) {
            return s.ask(std::move(
                Signer::allocate().number32(Attribute::RequestedAddressFamily, 3u << 24)));
        });
        row("don't fragment", 420, [](Signer &s) {
            return s.ask(std::move(Signer::allocate().flag(Attribute::DontFragment)));
        });
        row("reserved port", 508, [](Signer &s) {
            return s.ask(
                std::move(Signer::allocate().text(Attribute::EvenPort, QByteArray(1, '\x80'))));
        });
        row("token of a reservation", 508, [](Signer &s) {
            return s.ask(std::move(Signer::allocate().number64(Attribute::ReservationToken, 1)));
        });
        row("refresh of nothing", 437,
            [](Signer &s) { return s.ask(Signer::request(Method::Refresh)); });
        row("permission without allocation", 437, [](Signer &s) {
            return s.ask(std::move(Signer::request(Method::CreatePermission)
                                       .xorAddress(Attribute::XorPeerAddress, PEER)));
        });
        row("allocation twice", 437,
            [](Signer &s) { return s.ask(Signer::allocate()) + s.ask(Signer::allocate()); });
    }
    void refusesRequests()
    {
        QFETCH(std::function<int(Signer &)>, ask);
        QFETCH(int, code);
        Server server;
        Signer signer(server, goodAccess());
        QCOMPARE(ask(signer), code);
    }

    void relaysOnlyWherePeopleMay_data()
    {
        QTest::addColumn<QString>("address");
        QTest::addColumn<int>("code");
        QTest::newRow("public") << "192.0.2.7:5000" << 0;
        QTest::newRow("a port of ours") << "198.51.100.1:50001" << 0;
        QTest::newRow("loopback") << "127.0.0.1:22" << 403;
        QTest::newRow("private") << "10.0.0.1:53" << 403;
        QTest::newRow("home") << "192.168.1.1:80" << 403;
        QTest::newRow("carrier") << "100.64.0.1:80" << 403;
        QTest::newRow("cloud's own") << "169.254.169.254:80" << 403;
        QTest::newRow("everyone") << "255.255.255.255:9" << 403;
        QTest::newRow("multicast") << "239.1.2.3:9" << 403;
        QTest::newRow("nobody") << "0.0.0.0:9" << 403;
        QTest::newRow("another family") << "[2001:db8::1]:9" << 443;
    }
    void relaysOnlyWherePeopleMay()
    {
        QFETCH(QString, address);
        QFETCH(int, code);
        Server server;
        Signer signer(server, goodAccess());
        QCOMPARE(signer.ask(Signer::allocate()), 0);
        const Endpoint peer = *Endpoint::parse(address);
        QCOMPARE(signer.ask(std::move(Signer::request(Method::CreatePermission)
                                          .xorAddress(Attribute::XorPeerAddress, peer))),
                 code);
        QCOMPARE(signer.ask(std::move(Signer::request(Method::ChannelBind)
                                          .number32(Attribute::ChannelNumber, 0x4000u << 16)
                                          .xorAddress(Attribute::XorPeerAddress, peer))),
                 code);
        // The server's own address is met between allocations, never through the network.
        if (peer.address.isV4())
            QCOMPARE(server.responder.mayRelayTo(peer.address),
                     code == 0 && peer.address != SERVER.address);
    }

    void keepsChannelsApart()
    {
        Server server;
        Signer signer(server, goodAccess());
        QCOMPARE(signer.ask(Signer::allocate()), 0);
        const auto bind = [&](std::uint32_t number, const Endpoint &peer) {
            return signer.ask(std::move(Signer::request(Method::ChannelBind)
                                            .number32(Attribute::ChannelNumber, number << 16)
                                            .xorAddress(Attribute::XorPeerAddress, peer)));
        };
        const Endpoint other{PEER.address, 5001};
        QCOMPARE(bind(0x4000, PEER), 0);
        QCOMPARE(bind(0x4000, PEER), 0); // that is a refresh
        QCOMPARE(bind(0x4000, other), 400);
        QCOMPARE(bind(0x4001, PEER), 400);
        QCOMPARE(bind(0x3fff, other), 400);
        QCOMPARE(bind(0x8000, other), 400);
        QCOMPARE(bind(0x7ffe, other), 0); // as clients of RFC 5766 choose
        // Bounded, however many are asked for.
        int refused = 0;
        for (std::uint16_t i = 0; i < 300; ++i)
            refused += bind(0x4100u + i, {PEER.address, static_cast<std::uint16_t>(6000 + i)}) != 0;
        QVERIFY(refused >= 100);
    }

    void boundsWhatOneHolderHas()
    {
        RelaySettings settings;
        settings.mostAllocationsOfHolder = 2;
        settings.mostAllocations = 3;
        Server server(settings);
        const auto at = [](std::uint16_t port) { return Endpoint{CLIENT.address, port}; };
        wire::RelayAccess other;
        RelayCredentials(SECRET).grant(other, {43}, BEGIN_SECONDS);
        QCOMPARE(Signer(server, goodAccess(), at(1)).ask(Signer::allocate()), 0);
        QCOMPARE(Signer(server, goodAccess(), at(2)).ask(Signer::allocate()), 0);
        QCOMPARE(Signer(server, goodAccess(), at(3)).ask(Signer::allocate()), 486);
        QCOMPARE(Signer(server, other, at(4)).ask(Signer::allocate()), 0);
        QCOMPARE(Signer(server, other, at(5)).ask(Signer::allocate()), 508);
        // Of another account's allocation one can neither take over nor learn anything.
        QCOMPARE(Signer(server, other, at(1)).ask(Signer::request(Method::Refresh)), 441);
        server.responder.expire(BEGIN + 601s);
        server.noPorts = true;
        QCOMPARE(Signer(server, other, at(5)).ask(Signer::allocate()), 508);
    }

    void countsBytes()
    {
        RelaySettings settings;
        settings.bytesPerSecondOfHolder = 1000;
        settings.bytesPerDayOfHolder = 3000;
        ByteQuota quota(settings);
        QVERIFY(quota.take("anna", 1000, BEGIN));
        QVERIFY(!quota.take("anna", 1, BEGIN));
        QVERIFY(quota.take("ben", 1000, BEGIN));
        QVERIFY(quota.take("anna", 500, BEGIN + 500ms));
        QVERIFY(quota.take("anna", 1000, BEGIN + 10s)); // a second in hand, no more
        QVERIFY(!quota.take("anna", 1, BEGIN + 10s));
        QVERIFY(quota.take("anna", 500, BEGIN + 20s));
        QVERIFY(quota.isExhausted("anna", BEGIN + 20s));
        QVERIFY(!quota.take("anna", 1, BEGIN + 30s)); // the day's
        QVERIFY(quota.take("anna", 1, BEGIN + 25h));
        QVERIFY(!quota.isExhausted("anna", BEGIN + 25h));
        ByteQuota unlimited{RelaySettings()};
        QVERIFY(unlimited.take("anna", 1'000'000'000'000, BEGIN));
    }

    void ignoresForgedAnswers_data()
    {
        QTest::addColumn<std::function<QByteArray(const stun::Message &)>>("forge");
        using Forge = std::function<QByteArray(const stun::Message &)>;
        const auto success = [](const stun::Message &request) {
            MessageWriter writer(MessageClass::Success, Method::Allocate, request.transaction());
            writer.xorAddress(Attribute::XorRelayedAddress, PEER)
                .number32(Attribute::Lifetime, 600);
            return writer;
        };
        QTest::newRow("no integrity")
            << Forge([=](const stun::Message &r) { return success(r).take(); });
        QTest::newRow("another's key") << Forge([=](const stun::Message &r) {
            return success(r).integritySha256(viewOf(QByteArrayLiteral("k"))).take();
        });
        QTest::newRow("refused, unsigned") << Forge([](const stun::Message &r) {
            return MessageWriter(MessageClass::Error, Method::Allocate, r.transaction())
                .error(StunError::AllocationQuotaReached)
                .take();
        });
        QTest::newRow("another method") << Forge([](const stun::Message &r) {
            return MessageWriter(MessageClass::Error, Method::Refresh, r.transaction())
                .error(StunError::TryAlternate)
                .take();
        });
        QTest::newRow("garbage") << Forge([](const stun::Message &) { return QByteArray("x"); });
    }
    void ignoresForgedAnswers()
    {
        QFETCH(std::function<QByteArray(const stun::Message &)>, forge);
        Server server;
        Client client(server, goodAccess());
        AllocationMachine &machine = client.machine;
        machine.allocate(BEGIN);
        const auto first = machine.takeTransmits(BEGIN);
        machine.received(BEGIN, viewOf(*server.hear(BEGIN, first.front()))); // the challenge
        const auto second = machine.takeTransmits(BEGIN);
        QCOMPARE(second.size(), std::size_t{1});
        machine.received(BEGIN, viewOf(forge(*stun::Message::parse(viewOf(second.front())))));
        QVERIFY(machine.takeEvents().empty());
        machine.received(BEGIN, viewOf(*server.hear(BEGIN, second.front())));
        QCOMPARE(machine.state(), AllocationMachine::State::Ready);
    }

    void followsOnlySensibleRedirects_data()
    {
        QTest::addColumn<QString>("to");
        QTest::addColumn<bool>("followed");
        QTest::newRow("another server") << "192.0.2.99:3478" << true;
        QTest::newRow("ourselves") << "127.0.0.1:3478" << false;
        QTest::newRow("nowhere") << "0.0.0.0:3478" << false;
        QTest::newRow("no port") << "192.0.2.99:0" << false;
        QTest::newRow("multicast") << "239.0.0.1:3478" << false;
    }
    void followsOnlySensibleRedirects()
    {
        QFETCH(QString, to);
        QFETCH(bool, followed);
        Server server;
        Client client(server, goodAccess());
        client.machine.allocate(BEGIN);
        const auto first = client.machine.takeTransmits(BEGIN);
        const auto request = stun::Message::parse(viewOf(first.front()));
        const QByteArray answer =
            MessageWriter(MessageClass::Error, Method::Allocate, request->transaction())
                .error(StunError::TryAlternate)
                .address(Attribute::AlternateServer, *Endpoint::parse(to))
                .take();
        client.machine.received(BEGIN, viewOf(answer));
        client.runFor(0s);
        QCOMPARE(client.find<relay::allocation_event::Redirected>() != nullptr, followed);
        QCOMPARE(client.ended().has_value(), !followed);
    }

    void takesPayloadOnlyFromThoseItWants()
    {
        Server server;
        Client client(server, goodAccess());
        client.machine.allocate(client.now);
        client.runFor(1s);
        const auto indication = [](const Endpoint &from) {
            return MessageWriter(MessageClass::Indication, Method::Data, Signer::id())
                .xorAddress(Attribute::XorPeerAddress, from)
                .text(Attribute::Data, "payload")
                .take();
        };
        const QByteArray fromPeer = indication(PEER);
        QVERIFY(!client.machine.payloadOf(viewOf(fromPeer)));
        client.machine.bind(client.now, PEER);
        client.runFor(1s);
        QCOMPARE(client.machine.payloadOf(viewOf(fromPeer))->peer, PEER);
        QVERIFY(!client.machine.payloadOf(viewOf(indication(SERVER))));
        const auto channel = stun::channelHeader(*client.machine.channelOf(PEER), 3);
        QCOMPARE(toByteArray(client.machine.payloadOf(viewOf(toByteArray(channel) + "abc"))->data),
                 QByteArray("abc"));
        QVERIFY(!client.machine.payloadOf(viewOf(toByteArray(channel) + "ab"))); // cut short
        const auto other = stun::channelHeader(0x4fff, 3);
        QVERIFY(!client.machine.payloadOf(viewOf(toByteArray(other) + "abc")));
    }
};

QTEST_GUILESS_MAIN(RendezvousRelayTest)
#include "rendezvous_relay_test.moc"
