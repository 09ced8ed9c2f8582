// The first words on a channel, and who may speak before they have been answered.

#include "core/peer/greeting_channel.h"
#include "core/wire/frame.h"
#include "tests/support/channel_observer.h"
#include "tests/support/loopback_channel.h"

#include <QTest>

using namespace postern;
using namespace postern::test;

namespace {

constexpr Duration PATIENCE = 1h; // nothing here waits for it

/// The responder: its hello is exchanged, then its user reads what came early and the rest.
struct Responder {
    explicit Responder(PeerChannel &channel)
        : hello(channel, HelloExchange::Side::Responder,
                [this, &channel](const Result<peer::PeerHello> &result) {
                    greeted = result.ok();
                    user.attach(channel);
                    for (const auto &[stream, bytes, finished] : hello.takeEarly())
                        user.streamData(stream, viewOf(bytes), finished);
                })
    {
    }
    bool greeted = false;
    ChannelObserver user;
    HelloExchange hello;
};

/// An initiator that has spoken at once.
struct Initiator {
    explicit Initiator(std::unique_ptr<PeerChannel> inner)
        : channel(std::move(inner), PATIENCE)
    {
        channel.whenAnswered([this] {
            proven = true;
            heardBefore = int(user.order.size());
        });
        user.attach(channel);
        stream = channel.openStream().value();
        channel.write(stream, "offer");
    }
    GreetingChannel channel;
    ChannelObserver user;
    StreamId stream = 0;
    bool proven = false;
    int heardBefore = -1; ///< what the user had read when the path was proven
};

/// What a peer that greets in its own way says on the hello's stream.
QByteArray shortHello()
{
    peer::PeerHello hello;
    hello.padding = QByteArray(100, '\0');
    return frameOf(wire::encode(hello));
}

} // namespace

class PeerGreetingTest : public QObject {
    Q_OBJECT

private slots:
    void anOfferTravelsWithTheHello()
    {
        LoopbackPair pair;
        Responder responder(pair.b());
        Initiator initiator(pair.takeA());
        pair.pump(1); // one way, and the hello's answer with nothing else
        QVERIFY(responder.greeted);
        QCOMPARE(responder.user.streams[initiator.stream].head, QByteArray("offer"));
        pair.pump();
        QVERIFY(initiator.proven);
    }

    void nothingIsHeardBeforeThePeersHello()
    {
        LoopbackPair pair;
        ChannelObserver peer; // says all but hello
        peer.attach(pair.b());
        Initiator initiator(pair.takeA());
        pair.pump();
        pair.b().write(initiator.stream, "accept");
        pair.pump();
        QVERIFY(!initiator.proven);
        QVERIFY(initiator.user.streams.empty());

        const auto hello = frameOf(wire::encode(peer::PeerHello()));
        pair.b().write(pair.b().firstStream(), hello);
        pair.b().finish(pair.b().firstStream());
        pair.pump();
        QVERIFY(initiator.proven);
        QCOMPARE(initiator.heardBefore, 0);
        QCOMPARE(initiator.user.streams[initiator.stream].head, QByteArray("accept"));
    }

    void aHelloThatIsNotFullSizeClosesTheChannel()
    {
        LoopbackPair pair;
        ChannelObserver peer;
        peer.attach(pair.b());
        Initiator initiator(pair.takeA());
        pair.pump();
        pair.b().write(pair.b().firstStream(), shortHello());
        pair.b().finish(pair.b().firstStream());
        pair.b().write(initiator.stream, "accept");
        pair.pump();
        QVERIFY(!initiator.proven);
        QVERIFY(initiator.user.closed);
        QVERIFY(peer.closed);
    }

    void whatOvertakesTheHelloWaitsForIt()
    {
        LoopbackPair pair;
        Responder responder(pair.b());
        ChannelObserver user;
        user.attach(pair.a());
        const StreamId greeting = pair.a().openStream().value();
        const StreamId other = pair.a().openStream().value();
        pair.a().write(other, "offer");
        pair.pump();
        QVERIFY(!responder.greeted);
        QVERIFY(responder.user.streams.empty());
        pair.a().write(greeting, frameOf(wire::encode(peer::PeerHello())));
        pair.a().finish(greeting);
        pair.pump();
        QVERIFY(responder.greeted);
        QCOMPARE(responder.user.streams[other].head, QByteArray("offer"));
    }

    void aWriterIsInvitedAlsoBeforeTheAnswer()
    {
        LoopbackOptions options;
        options.window = 64 * 1024;
        LoopbackPair pair(options);
        ChannelObserver peer;
        peer.attach(pair.b());
        Initiator initiator(pair.takeA());
        while (initiator.channel.writableBytes(initiator.stream) > 0)
            initiator.channel.write(initiator.stream, QByteArray(64 * 1024, 'x'));
        pair.pump();
        QVERIFY(!initiator.proven);
        QVERIFY(initiator.user.streams[initiator.stream].writable > 0);
    }

    void theUserIsToldOfTheEnd()
    {
        LoopbackPair pair;
        ChannelObserver peer;
        peer.attach(pair.b());
        Initiator initiator(pair.takeA());
        pair.pump();
        pair.cut({ErrorCode::Disconnected, "cut"});
        pair.pump();
        QVERIFY(!initiator.proven);
        QVERIFY(initiator.user.closed);
    }
};

QTEST_GUILESS_MAIN(PeerGreetingTest)
#include "peer_greeting_test.moc"
