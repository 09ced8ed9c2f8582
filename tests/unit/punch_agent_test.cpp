// The agent's rules one by one, two agents joined by a wire that the test holds in its hand.

#include "core/punch/agent.h"
#include "core/stun/binding.h"

#include <QTest>

using namespace postern;
using namespace postern::punch;

namespace {

Endpoint at(const char *text) { return *Endpoint::parse(QLatin1String(text)); }

Candidate candidate(const char *text, CandidateType type = CandidateType::Host)
{
    return {Transport::Udp, type, at(text), {}, candidatePriority(type, 65535)};
}

/// One end of the wire.
struct Side {
    Endpoint address;
    Agent agent;
    QList<AgentEvent> events;

    Side(const char *endpoint, Role role, std::uint64_t seed, Instant now,
         AgentTimings timings = {}, CandidateType type = CandidateType::Host)
        : address(at(endpoint))
        , agent({role, Credentials::generate(seededRandom(seed)), 2, timings},
                seededRandom(seed + 1), now)
    {
        agent.addLocalCandidate(candidate(endpoint, type));
    }
    template<typename Event> const Event *event() const
    {
        for (const auto &e : events)
            if (const auto *found = std::get_if<Event>(&e))
                return found;
        return nullptr;
    }
    void collect()
    {
        while (auto event = agent.pollEvent())
            events.append(*event);
    }
};

/// Delivers everything both sides send, after `delay`, until the instant comes.
class Wire {
public:
    Wire(Side &a, Side &b, Duration delay)
        : m_sides{&a, &b}
        , m_delay(delay)
    {
    }
    bool cut = false;
    int maxTtlLost = 0; ///< packets with a TTL of 1 to this do not arrive
    Instant now{};

    void runUntil(Instant end)
    {
        while (true) {
            pump();
            Instant next =
                std::min(m_sides[0]->agent.nextDeadline(), m_sides[1]->agent.nextDeadline());
            for (const auto &packet : m_packets)
                next = std::min(next, packet.at);
            if (next > end)
                break;
            now = std::max(now, next);
            deliverDue();
            for (Side *side : m_sides)
                if (side->agent.nextDeadline() <= now)
                    side->agent.handleTimeout(now);
        }
        now = end;
    }

private:
    struct Packet {
        Instant at;
        Side *to;
        Endpoint from;
        QByteArray bytes;
    };
    void pump()
    {
        for (int i = 0; i < 2; ++i) {
            while (auto out = m_sides[i]->agent.pollTransmit()) {
                const bool lost = cut || (out->ttl != 0 && out->ttl <= maxTtlLost);
                if (!lost && out->to == m_sides[1 - i]->address)
                    m_packets.append(
                        {now + m_delay, m_sides[1 - i], m_sides[i]->address, out->bytes});
            }
            m_sides[i]->collect();
        }
    }
    void deliverDue()
    {
        const auto due = std::exchange(m_packets, {});
        for (const auto &packet : due) {
            if (packet.at > now)
                m_packets.append(packet);
            else
                packet.to->agent.handleDatagram(now, packet.from, viewOf(packet.bytes));
        }
    }

    Side *m_sides[2];
    Duration m_delay;
    QList<Packet> m_packets;
};

} // namespace

class PunchAgentTest : public QObject {
    Q_OBJECT

private slots:
    void findsAPathInOneAndAHalfRoundTrips()
    {
        const Instant start{};
        Side a("192.0.2.1:1000", Role::Controlling, 1, start);
        Side b("192.0.2.2:2000", Role::Controlled, 2, start);
        Wire wire(a, b, 20ms);
        QVERIFY(b.agent.setRemote(start, a.agent.localOffer()));
        QVERIFY(a.agent.setRemote(start, b.agent.localOffer()));
        wire.runUntil(start + 60ms);
        QVERIFY(a.event<PathValidated>());
        QVERIFY(b.event<PathValidated>());
        QCOMPARE(a.event<PathValidated>()->path.remote, b.address);
        QCOMPARE(a.event<PathValidated>()->path.mapped, a.address);
        QCOMPARE(toMilliseconds(a.event<PathValidated>()->path.roundTrip), 40);
        wire.runUntil(start + 1s);
        QVERIFY(a.event<Nominated>());
        QVERIFY(b.event<Nominated>());
        QVERIFY(a.agent.packetsSent() < 16);
    }
};

QTEST_GUILESS_MAIN(PunchAgentTest)
#include "punch_agent_test.moc"
