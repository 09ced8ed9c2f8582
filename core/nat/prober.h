#pragma once
// Asks STUN questions from sockets of its own and tells each answer to whoever asked. What the
// tests of discovery share: numbered sockets, questions that are asked again until patience
// ends, and a clock to wait by.
//
// Pure: it names sockets by number; the driver opens one when bytes for a new number come out,
// and says which port it got. Bounded: at most MAX_QUESTIONS at a time.
// Source: RFC 8489 section 6.2.1, RFC 5780 sections 4 and 7.

#include "core/base/random.h"
#include "core/stun/transaction.h"

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

namespace postern::nat {

enum class Carrier { Udp, Tcp };

/// Bytes to send. Over TCP: a connection from the socket's port, one request, one response.
struct Transmission {
    int socket = 0;
    Carrier carrier = Carrier::Udp;
    Endpoint to;
    QByteArray bytes;
    int hopLimit = 0; ///< TTL; 0: the system's
    bool reports = false; ///< what routers say about it (ICMP) is wanted
};

struct Question {
    int socket = 0;
    Endpoint to;
    Carrier carrier = Carrier::Udp;
    std::uint32_t change = 0; ///< CHANGE-REQUEST's flags (RFC 5780 section 7.2)
    std::uint16_t responsePort = 0; ///< RESPONSE-PORT (RFC 5780 section 7.5); 0: none
    int hopLimit = 0;
    bool reports = false;
    int tries = 3;
};

struct Reply {
    bool answered = false; ///< else nothing came, within patience
    bool refused = false; ///< an error response, as to an attribute it does not know
    int socket = 0; ///< where it arrived
    Endpoint from{};
    Endpoint mapped{};
    Endpoint other{}; ///< OTHER-ADDRESS, null without
    bool looped = false; ///< our own request came back to one of our sockets: a hairpin
    std::optional<Duration> roundTrip{}; ///< nothing if it was sent more than once
};

class Prober {
public:
    using Then = std::function<void(Instant, const Reply &)>;

    static constexpr std::size_t MAX_QUESTIONS = 128;
    /// Between a question and its repetition; doubles. On a path slower than the sum of all
    /// pauses an answer is missed, and a test says "unknown".
    static constexpr Duration PAUSE = 200ms;

    explicit Prober(RandomSource random)
        : m_random(std::move(random))
    {
    }

    // --- the driver's side -----------------------------------------------------------
    void opened(int socket, const Endpoint &local) { m_local[socket] = local; }
    void receive(Instant now, int socket, const Endpoint &from, ByteView bytes);
    /// Over TCP: nothing will come from there.
    void failed(Instant now, int socket, const Endpoint &to);
    void handleTimeout(Instant now);
    Instant nextDeadline() const;
    std::optional<Transmission> pollTransmit(Instant now);
    /// A socket that is needed no more.
    std::optional<int> pollClosed();

    // --- the tests' side -------------------------------------------------------------
    int newSocket() { return m_nextSocket++; }
    void close(int socket);
    /// Where the driver bound it; null until its first packet left.
    Endpoint local(int socket) const;
    /// Asked first at `at`, which may lie ahead; `then` is called once, unless closed before.
    void ask(Instant at, const Question &question, Then then);
    void wake(Instant at, std::function<void(Instant)> then);

private:
    struct Asked {
        Question question;
        stun::Transaction transaction;
        Then then;
    };

    QByteArray request(const stun::TransactionId &id, const Question &question) const;
    void finish(Instant now, std::vector<Asked>::iterator asked, const Reply &reply);

    RandomSource m_random;
    int m_nextSocket = 0;
    std::map<int, Endpoint> m_local;
    std::vector<Asked> m_asked; ///< in the order of asking, which is the order of sending
    std::multimap<Instant, std::function<void(Instant)>> m_wakes;
    std::deque<int> m_closed;
};

} // namespace postern::nat
