// The sentences that tell people why a path is what it is.

#include "core/peer/explanation.h"

#include <QTest>

using namespace postern;

namespace {

nat::NetworkBehaviour network(nat::Mapping mapping, nat::Allocation allocation)
{
    nat::NetworkBehaviour made;
    made.udp.passes = nat::Answer::Yes;
    made.udp.mapping = mapping;
    made.udp.filtering = nat::Filtering::AddressAndPortDependent;
    made.udp.allocation = allocation;
    made.udp.delta = 1;
    made.isPublic = nat::Answer::No;
    return made;
}

const auto CONE = network(nat::Mapping::EndpointIndependent, nat::Allocation::Preserve);
const auto RANDOM = network(nat::Mapping::AddressAndPortDependent, nat::Allocation::Random);
const auto SEQUENTIAL = network(nat::Mapping::AddressAndPortDependent, nat::Allocation::Sequential);

punch::Won won(punch::Strategy strategy, int guess = 0, int guesses = 0)
{
    const bool tcp = strategy == punch::Strategy::TcpPublic;
    return {1,
            tcp ? punch::Transport::Tcp : punch::Transport::Udp,
            tcp ? punch::PathClass::Tcp : punch::PathClass::Udp,
            strategy,
            {IpAddress::v4(198, 18, 0, 1), 4000},
            guess,
            guesses};
}

} // namespace

class PeerExplanationTest : public QObject {
    Q_OBJECT

private slots:
    void tellsWhichGuessMet()
    {
        const auto plan = nat::planFor(RANDOM, CONE);
        const auto said = [&](int guess, punch::Role role) {
            return explainPath(won(punch::Strategy::UdpBirthday, guess, 1024), plan, role);
        };
        QCOMPARE(said(212, punch::Role::Controlling),
                 QStringLiteral("Direct (UDP): your router gives each destination a new port; the "
                                "212th of 1,024 guesses met."));
        QVERIFY(said(1001, punch::Role::Controlled)
                    .contains("their router gives each destination a new port; the 1,001st of"));
        QVERIFY(said(2, punch::Role::Controlled).contains("the 2nd of"));
        QVERIFY(said(13, punch::Role::Controlled).contains("the 13th of"));
        QVERIFY(said(0, punch::Role::Controlled).contains("one of up to 1,7"));
    }

    void tellsOfTheOtherWays()
    {
        QCOMPARE(explainPath(won(punch::Strategy::UdpPunch), nat::planFor(CONE, CONE),
                             punch::Role::Controlling),
                 QStringLiteral("Direct (UDP): both routers keep one port for all destinations."));
        QCOMPARE(explainPath(won(punch::Strategy::UdpPredict), nat::planFor(CONE, SEQUENTIAL),
                             punch::Role::Controlling),
                 QStringLiteral("Direct (UDP): their router gives each destination a new port; the "
                                "next port was told ahead."));
        QCOMPARE(explainPath(won(punch::Strategy::TcpPublic), {}, punch::Role::Controlling),
                 QStringLiteral("Direct (TCP)."));
        QCOMPARE(explainPath(won(punch::Strategy::UdpPunch), {}, punch::Role::Controlling),
                 QStringLiteral("Direct (UDP)."));
        auto v6 = won(punch::Strategy::UdpHost);
        v6.remote = *Endpoint::parse(QStringLiteral("[2001:db8::1]:4000"));
        QCOMPARE(explainPath(v6, nat::planFor(RANDOM, RANDOM), punch::Role::Controlling),
                 QStringLiteral("Direct (UDP): over IPv6, where no router translates addresses."));
    }

    void tellsWhyThereIsOnlyTheRelay()
    {
        QCOMPARE(explainRelay(nat::planFor(RANDOM, RANDOM), punch::Role::Controlled, 47100),
                 QStringLiteral("By relay: both routers choose ports at random. A direct path has "
                                "less than 1% chance. Forwarding port 47100 on either router, or "
                                "switching UPnP on, would make it direct."));
    }
};

QTEST_GUILESS_MAIN(PeerExplanationTest)
#include "peer_explanation_test.moc"
