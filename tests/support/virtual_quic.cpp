#include "tests/support/virtual_quic.h"

namespace postern::test {

namespace {

const Endpoint ADDRESS_A{IpAddress::v4(192, 0, 2, 1), 1000};
const Endpoint ADDRESS_B{IpAddress::v4(192, 0, 2, 2), 2000};

} // namespace

VirtualQuic::VirtualQuic(const LinkOptions &link, const Keys &keys, const QuicOptions &options)
    : VirtualQuic(link, keys, options, options)
{
}

VirtualQuic::VirtualQuic(const LinkOptions &link, const Keys &keys, const QuicOptions &optionsOfA,
                         const QuicOptions &optionsOfB)
    : m_link(link)
    , m_start(1h)
    , m_now(m_start)
    , m_random(link.seed)
{
    const RandomSource random = seededRandom(link.seed);
    QuicOptions ofA = optionsOfA;
    QuicOptions ofB = optionsOfB;
    ofA.random = ofB.random = random;
    a.machine = std::move(*QuicConnection::make(ChannelRole::Initiator,
                                                *PeerCredentials::make(keys.a, {keys.aExpects}),
                                                ADDRESS_A, ADDRESS_B, ofA, m_now));
    b.machine = std::move(*QuicConnection::make(ChannelRole::Responder,
                                                *PeerCredentials::make(keys.b, {keys.bExpects}),
                                                ADDRESS_B, ADDRESS_A, ofB, m_now));
    a.linkFree = b.linkFree = m_now;
}

void VirtualQuic::carry(QuicEnd &from, ByteView datagram)
{
    ++from.datagramsSent;
    from.largestSent = std::max(from.largestSent, datagram.size());
    if (datagram.size() > m_link.largest) {
        ++from.tooLarge;
        return;
    }
    if (from.firstSent.isEmpty())
        from.firstSent = toByteArray(datagram);
    const auto chance = [this] { return std::uniform_real_distribution<>(0, 1)(m_random); };
    const Instant start = std::max(m_now, from.linkFree);
    if (from.dead || start - m_now > m_link.queue)
        return;
    const std::chrono::duration<double> onWire(static_cast<double>(datagram.size())
                                               / m_link.bytesPerSecond);
    from.linkFree = start + std::chrono::duration_cast<Duration>(onWire);
    if (chance() < m_link.loss || from.datagramsSent == m_link.losesOf[&from == &a ? 0 : 1])
        return;
    Instant arrival = from.linkFree + m_link.delay;
    if (chance() < m_link.reorder)
        arrival += std::chrono::duration_cast<Duration>(m_link.reorderBy * chance());
    m_underWay.emplace(arrival, Delivery{&from == &a ? &b : &a, toByteArray(datagram)});
}

void VirtualQuic::inject(QuicEnd &to, const QByteArray &bytes)
{
    const Endpoint from = &to == &a ? ADDRESS_B : ADDRESS_A;
    const Datagram datagram{from, &to == &a ? ADDRESS_A : ADDRESS_B, viewOf(bytes), Ecn::NotEct};
    to.machine->receive({&datagram, 1}, m_now);
    pump(to);
}

void VirtualQuic::tellEvents(QuicEnd &end)
{
    for (const QuicEvent &event : end.machine->takeEvents())
        if (end.onEvent)
            end.onEvent(event, end.machine->received().subspan(event.offset, event.length));
    end.machine->clearReceived();
}

void VirtualQuic::pump(QuicEnd &end)
{
    tellEvents(end);
    for (;;) {
        const QuicRun run = end.machine->transmit(m_now);
        if (run.bytes.empty())
            break;
        ByteView left = run.bytes;
        const std::size_t size = run.segmentSize > 0 ? run.segmentSize : left.size();
        while (!left.empty()) {
            const ByteView one = left.first(std::min(size, left.size()));
            left = left.subspan(one.size());
            carry(end, one);
        }
        tellEvents(end); // room to write may have appeared
    }
}

Instant VirtualQuic::turnOf(const QuicEnd &end)
{
    const Instant due = std::min(end.machine->deadline(), end.arrivedFirst);
    return due == NEVER ? NEVER : due + end.late;
}

void VirtualQuic::takeArrivals()
{
    while (!m_underWay.empty() && m_underWay.begin()->first <= m_now) {
        auto &[when, delivery] = *m_underWay.begin();
        delivery.to->arrivedFirst = std::min(delivery.to->arrivedFirst, when);
        delivery.to->arrived.push_back(std::move(delivery.bytes));
        m_underWay.erase(m_underWay.begin());
    }
}

/// All that waits at once, as a process does that was held up.
void VirtualQuic::takeTurn(QuicEnd &end)
{
    const auto arrived = std::exchange(end.arrived, {});
    end.arrivedFirst = NEVER;
    std::vector<Datagram> batch;
    batch.reserve(arrived.size());
    for (const QByteArray &bytes : arrived)
        batch.push_back({&end == &a ? ADDRESS_B : ADDRESS_A, &end == &a ? ADDRESS_A : ADDRESS_B,
                         viewOf(bytes), Ecn::NotEct});
    end.machine->receive(batch, m_now);
    end.machine->handleTimeout(m_now);
    pump(end);
    if (m_link.lateBy > Duration::zero())
        end.late = Duration(
            std::uniform_int_distribution<Duration::rep>(0, m_link.lateBy.count())(m_random));
}

bool VirtualQuic::run(const std::function<bool()> &done, Duration limit)
{
    const Instant last = m_now + limit;
    pump(a);
    pump(b);
    while (!done()) {
        Instant next = std::min(turnOf(a), turnOf(b));
        if (!m_underWay.empty())
            next = std::min(next, m_underWay.begin()->first);
        if (next > last)
            return false;
        m_now = std::max(m_now, next);
        takeArrivals();
        for (QuicEnd *end : {&a, &b})
            if (turnOf(*end) <= m_now)
                takeTurn(*end);
    }
    return true;
}

} // namespace postern::test
