#pragma once
// Two QUIC machines joined by a link of known rate, delay, loss, reordering and queue, in
// virtual time: a minute of transfer takes as long as its cryptography.

#include "core/identity/device_key.h"
#include "core/transport/quic_connection.h"

#include <map>
#include <random>

namespace postern::test {

struct LinkOptions {
    double bytesPerSecond = 1e9;
    Duration delay = 1ms; ///< one way
    double loss = 0; ///< of each datagram, each way
    std::size_t losesOf[2] = {}; ///< this one of A's datagrams and of B's, counted from 1
    double reorder = 0; ///< part of the datagrams that is late by up to `reorderBy`
    Duration reorderBy = 5ms;
    Duration queue = 50ms; ///< what the bottleneck holds before it drops
    std::size_t largest = 1472; ///< datagram that passes
    Duration lateBy{}; ///< an end on a busy machine has its turn up to so much late
    std::uint64_t seed = 1;
};

struct QuicEnd {
    std::unique_ptr<QuicConnection> machine;
    std::function<void(const QuicEvent &, ByteView)> onEvent;
    Instant linkFree; ///< when its bottleneck has sent what it holds
    std::size_t datagramsSent = 0;
    std::size_t largestSent = 0;
    std::size_t tooLarge = 0; ///< datagrams that the link did not take
    bool dead = false; ///< nothing it sends arrives
    QByteArray firstSent; ///< its first datagram, for tests that replay or damage it
    std::vector<QByteArray> arrived{}; ///< what waits for its turn
    Instant arrivedFirst = NEVER;
    Duration late{}; ///< its next turn
};

class VirtualQuic {
public:
    /// What A and B show and expect; null options mean the matching keys.
    struct Keys {
        DeviceKey a;
        DeviceKey b;
        DeviceId aExpects;
        DeviceId bExpects;
    };
    VirtualQuic(const LinkOptions &link, const Keys &keys, const QuicOptions &options = {});
    VirtualQuic(const LinkOptions &link, const Keys &keys, const QuicOptions &optionsOfA,
                const QuicOptions &optionsOfB);

    /// Runs until `done` or until virtual time has passed `limit`; true if done.
    bool run(const std::function<bool()> &done, Duration limit);

    /// Delivers bytes that no end has sent.
    void inject(QuicEnd &to, const QByteArray &bytes);
    /// Sends what the end may send now; after writing to it from a test.
    void pump(QuicEnd &end);

    Duration elapsed() const { return m_now - m_start; }
    Instant now() const { return m_now; }

    QuicEnd a;
    QuicEnd b;

private:
    struct Delivery {
        QuicEnd *to;
        QByteArray bytes;
    };
    void carry(QuicEnd &from, ByteView datagram);
    void takeArrivals();
    void takeTurn(QuicEnd &end);
    static Instant turnOf(const QuicEnd &end);
    void tellEvents(QuicEnd &end);

    LinkOptions m_link;
    Instant m_start;
    Instant m_now;
    std::mt19937_64 m_random;
    std::multimap<Instant, Delivery> m_underWay;
};

} // namespace postern::test
