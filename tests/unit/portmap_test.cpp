// Mapping a port by PCP, NAT-PMP and UPnP: the codecs against hostile bytes, the machines
// against scripted routers in virtual time.

#include "core/portmap/gateway_machine.h"
#include "core/portmap/igd_machine.h"

#include <QTest>
#include <QtEndian>

using namespace postern;
using namespace postern::portmap;

namespace {

constexpr std::uint16_t PORT = 47100;
const IpAddress LOCAL = IpAddress::v4(192, 168, 1, 2);
const IpAddress ROUTER = IpAddress::v4(192, 168, 1, 1);
const IpAddress OUTSIDE = IpAddress::v4(198, 51, 100, 7);
const Endpoint GATEWAY{ROUTER, GATEWAY_PORT};

using State = MappingMethod::State;

/// A gateway that speaks one dialect, by its answers' bytes.
class ScriptedGateway {
public:
    explicit ScriptedGateway(bool pcp)
        : m_pcp(pcp)
    {
    }

    std::chrono::seconds lifetime{7200};
    std::uint16_t outerPort = PORT;
    std::uint8_t refusal = 0;
    std::uint32_t epoch = 1000;
    QList<QByteArray> asked;

    QByteArray answer(const QByteArray &question)
    {
        asked.append(question);
        return m_pcp ? pcp(question) : natPmp(question);
    }
    static quint32 lifetimeOf(const QByteArray &question, bool pcp)
    {
        return qFromBigEndian<quint32>(question.constData() + (pcp ? 4 : 8));
    }

private:
    QByteArray natPmp(const QByteArray &question) const
    {
        QByteArray bytes(question.size() == 2 ? 12 : 16, '\0');
        bytes[1] = char(quint8(question[1]) | 0x80);
        bytes[3] = char(refusal);
        qToBigEndian(epoch, bytes.data() + 4);
        if (question.size() == 2) {
            qToBigEndian(OUTSIDE.v4HostOrder(), bytes.data() + 8);
            return bytes;
        }
        const bool removal = lifetimeOf(question, false) == 0;
        std::copy_n(question.constData() + 4, 2, bytes.data() + 8);
        qToBigEndian<quint16>(removal ? 0 : outerPort, bytes.data() + 10);
        qToBigEndian<quint32>(removal ? 0 : quint32(lifetime.count()), bytes.data() + 12);
        return bytes;
    }
    QByteArray pcp(const QByteArray &question) const
    {
        QByteArray bytes = question;
        bytes[1] = char(quint8(question[1]) | 0x80);
        bytes[3] = char(refusal);
        const bool removal = lifetimeOf(question, true) == 0;
        qToBigEndian<quint32>(removal ? 0 : quint32(lifetime.count()), bytes.data() + 4);
        qToBigEndian(epoch, bytes.data() + 8);
        if (bytes.size() > 24) {
            qToBigEndian(outerPort, bytes.data() + 42);
            qToBigEndian(OUTSIDE.v4HostOrder(), bytes.data() + 56);
        }
        return bytes;
    }
    bool m_pcp;
};

/// The machine and its gateway, until neither has anything to say.
struct Talk {
    explicit Talk(bool pcp)
        : gateway(pcp)
        , machine(pcp ? makePcp(LOCAL, seededRandom(7)) : makeNatPmp(), GATEWAY, PORT, now)
    {
    }
    void exchange(bool answered = true)
    {
        while (const auto question = machine.pollTransmit(now)) {
            const auto answer = gateway.answer(*question);
            if (answered)
                machine.handleDatagram(now, GATEWAY, viewOf(answer));
        }
    }
    void goOnTo(Instant later, bool answered = true)
    {
        while (machine.nextDeadline() <= later) {
            now = std::max(now, machine.nextDeadline());
            machine.handleTimeout(now);
            exchange(answered);
        }
        now = later;
    }
    void hold()
    {
        exchange();
        machine.map(now);
        exchange();
    }

    Instant now{};
    ScriptedGateway gateway;
    GatewayMachine machine;
};

/// A device that answers SOAP as scripted: one error code an AddPortMapping, 0 is a success.
struct Device {
    QList<int> errors;
    QByteArray description =
        "<root><device><serviceList><service><serviceType>urn:schemas-upnp-org:service:"
        "WANIPConnection:1</serviceType><controlURL>/ctl</controlURL></service></serviceList>"
        "</device></root>";
    QByteArray address = "198.51.100.7";
    QList<QByteArray> added; ///< bodies
    QList<QByteArray> removed;

    HttpResponse answer(const HttpRequest &request)
    {
        if (request.soapAction.isEmpty())
            return {200, description};
        if (request.soapAction.endsWith("#GetExternalIPAddress"))
            return {200, "<NewExternalIPAddress>" + address + "</NewExternalIPAddress>"};
        if (request.soapAction.endsWith("#DeletePortMapping")) {
            removed.append(request.body);
            return {200, "<ok/>"};
        }
        added.append(request.body);
        const int error = errors.isEmpty() ? 0 : errors.takeFirst();
        if (error == 0)
            return {200, "<ok/>"};
        return {500, "<errorCode>" + QByteArray::number(error) + "</errorCode>"};
    }
};

struct IgdTalk {
    void find(const QByteArray &location = "http://192.168.1.1:5000/root.xml",
              const IpAddress &from = ROUTER)
    {
        while (machine.pollTransmit(now)) { }
        const QByteArray answer = "HTTP/1.1 200 OK\r\nST: urn:schemas-upnp-org:device:"
                                  "InternetGatewayDevice:1\r\nLocation: "
            + location + "\r\n\r\n";
        machine.handleDatagram(now, {from, SSDP_PORT}, viewOf(answer));
        exchange();
    }
    void exchange()
    {
        while (const auto exchange = machine.pollExchange())
            machine.handleResponse(now, exchange->number, device.answer(exchange->request));
    }
    void hold()
    {
        find();
        machine.map(now);
        exchange();
    }

    Instant now{};
    Device device;
    IgdMachine machine{{ROUTER, LOCAL, 24, PORT}, seededRandom(3), now};
};

} // namespace

class PortmapTest : public QObject {
    Q_OBJECT

private slots:
    void gatewayMapsRenewsAndTakesBack_data()
    {
        QTest::addColumn<bool>("pcp");
        QTest::newRow("pcp") << true;
        QTest::newRow("nat-pmp") << false;
    }
    void gatewayMapsRenewsAndTakesBack()
    {
        QFETCH(bool, pcp);
        Talk talk(pcp);
        talk.gateway.outerPort = 50000;
        talk.exchange();
        QCOMPARE(talk.machine.state(), State::Able);
        QCOMPARE(talk.gateway.asked.size(), 1); // nothing is mapped before it is wanted
        talk.machine.map(talk.now);
        talk.exchange();
        QCOMPARE(talk.machine.state(), State::Held);
        const PortMapping wanted{
            pcp ? Method::Pcp : Method::NatPmp, OUTSIDE, 50000, 50000, GATEWAY, false};
        QVERIFY(talk.machine.mapping() == wanted);

        talk.gateway.asked.clear();
        talk.goOnTo(talk.now + 3599s);
        QVERIFY(talk.gateway.asked.isEmpty());
        talk.gateway.epoch += 3600;
        talk.goOnTo(talk.now + 2s);
        QCOMPARE(talk.gateway.asked.size(), 2); // one a transport, at half of the lifetime
        QVERIFY(talk.machine.mapping() == wanted);

        talk.gateway.asked.clear();
        talk.machine.remove(talk.now);
        QCOMPARE(talk.machine.state(), State::Removing);
        talk.exchange();
        QCOMPARE(talk.machine.state(), State::Gone);
        QCOMPARE(talk.gateway.asked.size(), 2);
        for (const auto &question : talk.gateway.asked)
            QCOMPARE(ScriptedGateway::lifetimeOf(question, pcp), 0u);
    }

    void pcpKeepsItsNonce()
    {
        Talk talk(true);
        talk.hold();
        const auto nonce = talk.gateway.asked.at(1).mid(24, 12);
        talk.gateway.asked.clear();
        talk.gateway.epoch += 3600;
        talk.goOnTo(talk.now + 3601s);
        QCOMPARE(talk.gateway.asked.first().mid(24, 12), nonce);

        auto forged = ScriptedGateway(true).answer(talk.gateway.asked.first());
        forged[24] = char(forged[24] ^ 1);
        talk.gateway.outerPort = 1;
        QVERIFY(!talk.machine.handleDatagram(talk.now, GATEWAY, viewOf(forged)));
    }

    void questionsDoubleTheirPauseAndEnd()
    {
        for (const bool pcp : {true, false}) {
            Talk talk(pcp);
            QList<qint64> sent;
            while (talk.machine.nextDeadline() != NEVER) {
                talk.now = std::max(talk.now, talk.machine.nextDeadline());
                talk.machine.handleTimeout(talk.now);
                while (talk.machine.pollTransmit(talk.now))
                    sent.append(toMilliseconds(talk.now.time_since_epoch()));
            }
            QCOMPARE(sent, (QList<qint64>{0, 250, 750, 1750, 3750}));
            QCOMPARE(talk.machine.state(), State::Over);
        }
    }

    void onlyTheGatewayIsBelieved()
    {
        Talk talk(false);
        const auto answer = talk.gateway.answer(*talk.machine.pollTransmit(talk.now));
        for (const Endpoint &other : {Endpoint{IpAddress::v4(192, 168, 1, 9), GATEWAY_PORT},
                                      Endpoint{ROUTER, 5352}, Endpoint{OUTSIDE, GATEWAY_PORT}})
            QVERIFY(!talk.machine.handleDatagram(talk.now, other, viewOf(answer)));
        QCOMPARE(talk.machine.state(), State::Asking);
        QVERIFY(talk.machine.handleDatagram(talk.now, GATEWAY, viewOf(answer)));
    }

    void aRefusalEndsIt()
    {
        Talk talk(false);
        talk.exchange();
        talk.gateway.refusal = 2; // not authorized
        talk.machine.map(talk.now);
        talk.exchange();
        QCOMPARE(talk.machine.state(), State::Over);
        QVERIFY(!talk.machine.mapping());
    }

    void aRouterThatForgotIsAskedAtOnce()
    {
        Talk talk(false);
        talk.gateway.lifetime = 600s;
        talk.hold();
        talk.gateway.epoch = 3; // it began anew: the renewal of one tells, the other follows
        talk.gateway.asked.clear();
        talk.goOnTo(talk.now + 301s);
        QVERIFY(talk.gateway.asked.size() >= 2);
        QCOMPARE(talk.machine.state(), State::Held);
    }

    void aSilentRouterLosesTheMappingAtItsEnd()
    {
        Talk talk(true);
        talk.hold();
        talk.goOnTo(talk.now + 7199s, false);
        QCOMPARE(talk.machine.state(), State::Held);
        talk.goOnTo(talk.now + 2s, false);
        QCOMPARE(talk.machine.state(), State::Over);
        QVERIFY(talk.gateway.asked.size() < 200);
    }

    void removalDoesNotWaitForASilentRouter()
    {
        Talk talk(true);
        talk.hold();
        talk.machine.remove(talk.now);
        talk.goOnTo(talk.now + REMOVAL_PATIENCE, false);
        QCOMPARE(talk.machine.state(), State::Gone);
    }

    void deviceMapsRenewsAndTakesBack()
    {
        IgdTalk talk;
        talk.hold();
        QCOMPARE(talk.machine.state(), State::Held);
        QVERIFY(talk.machine.mapping()
                == (PortMapping{Method::Upnp, OUTSIDE, PORT, PORT, {ROUTER, 5000}, false}));
        QCOMPARE(talk.device.added.size(), 2);
        QVERIFY(talk.device.added.first().contains("<NewInternalClient>192.168.1.2<"));
        QVERIFY(talk.device.added.first().contains("<NewLeaseDuration>7200<"));
        talk.now += 3600s;
        talk.machine.handleTimeout(talk.now);
        talk.exchange();
        QCOMPARE(talk.device.added.size(), 4);
        talk.machine.remove(talk.now);
        talk.exchange();
        QCOMPARE(talk.device.removed.size(), 2);
        QCOMPARE(talk.machine.state(), State::Gone);
    }

    void deviceErrorsAreHealed_data()
    {
        QTest::addColumn<QList<int>>("errors");
        QTest::addColumn<bool>("held");
        QTest::addColumn<bool>("permanent");
        QTest::addColumn<bool>("otherPort");
        QTest::newRow("only permanent leases") << QList<int>{725} << true << true << false;
        QTest::newRow("said as invalid arguments") << QList<int>{402} << true << true << false;
        QTest::newRow("conflict") << QList<int>{718} << true << false << true;
        QTest::newRow("other mechanism") << QList<int>{729, 729} << true << false << true;
        QTest::newRow("conflict, then permanent") << QList<int>{718, 725} << true << true << true;
        QTest::newRow("not allowed") << QList<int>{606, 606} << false << false << false;
        QTest::newRow("all taken") << QList<int>(20, 718) << false << false << false;
        QTest::newRow("permanent refused too") << QList<int>(20, 725) << false << false << false;
    }
    void deviceErrorsAreHealed()
    {
        QFETCH(QList<int>, errors);
        QFETCH(bool, held);
        IgdTalk talk;
        talk.device.errors = errors;
        talk.hold();
        QCOMPARE(talk.machine.state(), held ? State::Held : State::Over);
        QVERIFY(talk.device.added.size() <= 2 * (IgdMachine::MAX_PORTS + 1));
        if (!held)
            return;
        QTEST(talk.machine.mapping()->permanent, "permanent");
        QTEST(talk.machine.mapping()->tcpPort != PORT, "otherPort");
        QCOMPARE(talk.machine.mapping()->udpPort, talk.machine.mapping()->tcpPort);
        if (talk.machine.mapping()->permanent)
            QVERIFY(talk.device.added.last().contains("<NewLeaseDuration>0<"));
    }

    void onlyNeighboursThatSpeakForThemselvesAreBelieved_data()
    {
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<QString>("from");
        QTest::newRow("a third machine") << QByteArray("http://192.168.1.9/a") << "192.168.1.1";
        QTest::newRow("far away") << QByteArray("http://203.0.113.1/a") << "203.0.113.1";
        QTest::newRow("ourselves") << QByteArray("http://192.168.1.2:80/a") << "192.168.1.2";
        QTest::newRow("loopback") << QByteArray("http://127.0.0.1/a") << "127.0.0.1";
        QTest::newRow("by name") << QByteArray("http://router.lan/a") << "192.168.1.1";
        QTest::newRow("not http") << QByteArray("file:///etc/passwd") << "192.168.1.1";
        QTest::newRow("a split header") << QByteArray("http://192.168.1.1/a b") << "192.168.1.1";
        QTest::newRow("too long") << QByteArray("http://192.168.1.1/") + QByteArray(600, 'a')
                                  << "192.168.1.1";
    }
    void onlyNeighboursThatSpeakForThemselvesAreBelieved()
    {
        QFETCH(QByteArray, location);
        QFETCH(QString, from);
        IgdTalk talk;
        talk.find(location, *IpAddress::parse(from));
        QVERIFY(!talk.machine.pollExchange());
        QCOMPARE(talk.machine.state(), State::Asking);
        talk.now += ANSWER_PATIENCE;
        talk.machine.handleTimeout(talk.now);
        QCOMPARE(talk.machine.state(), State::Over);
    }

    void aDescriptionSendsUsNowhereElse()
    {
        const HttpUrl from{{ROUTER, 5000}, "/dir/root.xml"};
        const auto describe = [&](const QByteArray &base, const QByteArray &control) {
            return parseDescription("<root>" + base
                                        + "<service><serviceType>urn:schemas-upnp-org:service:"
                                          "WANIPConnection:2</serviceType><controlURL>"
                                        + control + "</controlURL></service></root>",
                                    from);
        };
        QCOMPARE(describe({}, "/ctl")->control, (HttpUrl{{ROUTER, 5000}, "/ctl"}));
        QCOMPARE(describe({}, "ctl")->control, (HttpUrl{{ROUTER, 5000}, "/dir/ctl"}));
        QCOMPARE(describe("<URLBase>http://192.168.1.1:80/x/</URLBase>", "ctl")->control,
                 (HttpUrl{{ROUTER, 80}, "/x/ctl"}));
        QVERIFY(!describe({}, "http://203.0.113.9/ctl"));
        QVERIFY(!describe("<URLBase>http://192.168.1.77/</URLBase>", "/ctl"));
        QVERIFY(!describe({}, {}));
        QVERIFY(!parseDescription("<root>", from));
    }

    void responsesAreReadWithABound_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<int>("state");
        QTest::addColumn<QByteArray>("body");
        const auto row = [](const char *name, const QByteArray &bytes, HttpReader::State state,
                            const QByteArray &body) {
            QTest::newRow(name) << bytes << int(state) << body;
        };
        using S = HttpReader::State;
        row("length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd", S::Done, "abc");
        row("until the end", "HTTP/1.0 200 OK\r\n\r\nabc", S::Done, "abc");
        row("chunks",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\n1\r\nd\r\n0\r\n",
            S::Done, "abcd");
        row("cut", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", S::Broken, {});
        row("chunks cut", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc",
            S::Broken, {});
        row("negative", "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", S::Broken, {});
        row("huge", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc", S::Broken, {});
        row("endless", "HTTP/1.1 200 OK\r\n\r\n" + QByteArray(HttpReader::MAX_BYTES, 'a'),
            S::Broken, {});
        row("not HTTP", "SSH-2.0-OpenSSH\r\n\r\n\r\n", S::Broken, {});
        row("nothing", {}, S::Broken, {});
    }
    void responsesAreReadWithABound()
    {
        QFETCH(QByteArray, bytes);
        HttpReader reader;
        for (qsizetype at = 0; at < bytes.size(); at += 1000)
            reader.feed(viewOf(bytes.mid(at, 1000)));
        (void)reader.finish();
        QTEST(int(reader.state()), "state");
        QTEST(reader.response().body, "body");
    }
};

QTEST_GUILESS_MAIN(PortmapTest)
#include "portmap_test.moc"
