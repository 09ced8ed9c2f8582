// What a server can be made to send to an address whose owner never asked: requests whose source
// is forged are answered with little more than they cost, counted as packets on the wire.

#include "core/stun/binding.h"
#include "core/stun/message_writer.h"
#include "rendezvous/relay/turn_responder.h"
#include "rendezvous/stun/responder.h"

#include <QTest>

using namespace postern;
using namespace postern::rendezvous;
using stun::Attribute;
using stun::MessageClass;
using stun::MessageWriter;
using stun::Method;

namespace {

constexpr double MOST_FACTOR =
    3.5; ///< of packets with what carries them; a bare header is the worst
constexpr qsizetype HEADERS_V4 = 28; ///< IP and UDP
constexpr qsizetype HEADERS_V6 = 48;
constexpr qsizetype MOST_BYTES = 220; ///< of any answer to who has shown no credential

const Endpoint VICTIM_V4 = *Endpoint::parse(QStringLiteral("203.0.113.9:40000"));
const Endpoint VICTIM_V6 = *Endpoint::parse(QStringLiteral("[2001:db8::9]:40000"));
const Endpoint SERVER_V4 = *Endpoint::parse(QStringLiteral("198.51.100.1:3478"));
const Endpoint OTHER_V4 = *Endpoint::parse(QStringLiteral("198.51.100.2:3479"));
const Endpoint SERVER_V6 = *Endpoint::parse(QStringLiteral("[2001:db8:1::1]:3478"));
const Endpoint OTHER_V6 = *Endpoint::parse(QStringLiteral("[2001:db8:1::2]:3479"));
const stun::TransactionId ID({1, 2, 3});

class NoPorts final : public TurnResponder::Ports {
public:
    Result<Endpoint> openPort(const Wanted &) override
    {
        return Error{ErrorCode::LimitExceeded, QString()};
    }
    void closePort(quint64) override { }
};

QByteArray bare(Method method) { return MessageWriter(MessageClass::Request, method, ID).take(); }

QByteArray withUnknown(Method method, int count)
{
    MessageWriter request(MessageClass::Request, method, ID);
    for (int i = 0; i < count; ++i)
        request.flag(static_cast<Attribute>(0x7000 + i));
    return request.take();
}

/// RFC 3489: no magic cookie.
QByteArray classic()
{
    auto request = bare(Method::Binding);
    request.replace(4, 4, QByteArray(4, 'x'));
    return request;
}

void addQuestions()
{
    QTest::addColumn<QByteArray>("request");
    QTest::addColumn<bool>("v6");
    for (const bool v6 : {false, true}) {
        const auto row = [v6](const char *name, const QByteArray &request) {
            QTest::addRow("%s, IPv%d", name, v6 ? 6 : 4) << request << v6;
        };
        row("binding", bare(Method::Binding));
        row("binding, classic", classic());
        row("binding with unknown attributes", withUnknown(Method::Binding, 20));
        row("allocate", bare(Method::Allocate));
        row("allocate with unknown attributes", withUnknown(Method::Allocate, 20));
        row("refresh", bare(Method::Refresh));
        row("create permission", bare(Method::CreatePermission));
        row("channel bind", bare(Method::ChannelBind));
        row("send", bare(Method::Send));
        row("no method", bare(static_cast<Method>(0x0fe)));
    }
}

} // namespace

class RendezvousAmplificationTest : public QObject {
    Q_OBJECT

    static void judge(const QByteArray &request, const QByteArray &answer, bool v6)
    {
        const auto headers = v6 ? HEADERS_V6 : HEADERS_V4;
        const double factor =
            double(answer.size() + headers) / static_cast<double>(request.size() + headers);
        qInfo("%-42s %3lld -> %3lld bytes, as packets x %.2f", QTest::currentDataTag(),
              qlonglong(request.size()), qlonglong(answer.size()), factor);
        QVERIFY2(factor <= MOST_FACTOR, QByteArray::number(factor));
        QVERIFY2(answer.size() <= MOST_BYTES, QByteArray::number(answer.size()));
    }

private slots:
    void stunAnswersAreSmall_data() { addQuestions(); }
    void stunAnswersAreSmall()
    {
        QFETCH(QByteArray, request);
        QFETCH(bool, v6);
        const StunAddresses addresses{v6 ? SERVER_V6 : SERVER_V4, v6 ? OTHER_V6 : OTHER_V4, 0};
        const Endpoint victim = v6 ? VICTIM_V6 : VICTIM_V4;
        const auto answer = answerStun(addresses, {}, addresses.primary, victim, viewOf(request));
        const auto message = stun::Message::parse(viewOf(request));
        const bool isBinding = !message || message->method() == Method::Binding;
        QCOMPARE(answer.has_value(), isBinding);
        if (!answer)
            return;
        QCOMPARE(answer->to.address, victim.address); // to nobody else
        judge(request, answer->datagram, v6);
    }

    void turnAnswersToStrangersAreSmall_data() { addQuestions(); }
    void turnAnswersToStrangersAreSmall()
    {
        QFETCH(QByteArray, request);
        QFETCH(bool, v6);
        RelaySettings settings;
        settings.secret = "secret";
        NoPorts ports;
        TurnResponder responder(settings, ports);
        const auto message = stun::Message::parse(viewOf(request));
        if (!message)
            return;
        const TurnClient client{0, v6 ? VICTIM_V6 : VICTIM_V4,
                                (v6 ? SERVER_V6 : SERVER_V4).address};
        if (const auto answer = responder.answer({Instant(1000h), 1'800'000'000}, client, *message))
            judge(request, *answer, v6);
    }

    /// What pretends to be an answer, or a report that needs none, brings nothing forth.
    void answersAreNotAnswered()
    {
        const StunAddresses addresses{SERVER_V4, OTHER_V4, 0};
        RelaySettings settings;
        settings.secret = "secret";
        NoPorts ports;
        TurnResponder responder(settings, ports);
        for (const auto kind :
             {MessageClass::Success, MessageClass::Error, MessageClass::Indication})
            for (const auto method : {Method::Binding, Method::Allocate, Method::Send}) {
                const auto said = MessageWriter(kind, method, ID).take();
                QVERIFY(!answerStun(addresses, {}, SERVER_V4, VICTIM_V4, viewOf(said)));
                QVERIFY(!responder.answer({Instant(1000h), 1'800'000'000},
                                          {0, VICTIM_V4, SERVER_V4.address},
                                          *stun::Message::parse(viewOf(said))));
            }
    }
};

QTEST_GUILESS_MAIN(RendezvousAmplificationTest)
#include "rendezvous_amplification_test.moc"
