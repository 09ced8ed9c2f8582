#pragma once
// A port mapped by UPnP: the device is searched for, described, asked for its outside address
// and then for the mappings, TCP before UDP.
//
//     Searching -> Describing -> AskingAddress -> Idle (Able) -> Adding ... -> Idle (Held)
//         \------------\--- the next answer, or nobody -> Over         |
//                                                        Gone <---- Removing
//
// Only what stands on our own network is believed: an answer must name the machine that it
// comes from, and a description may send us nowhere else. By hand and not by libminiupnpc,
// whose calls block, can't be abandoned when the program ends, and read without a bound.
//
// Pure; the owner's thread. Source: UPnP Device Architecture 1.1, WANIPConnection:1.

#include "core/base/random.h"
#include "core/portmap/igd_document.h"

#include <deque>
#include <vector>

namespace postern::portmap {

class IgdMachine final : public MappingMethod {
public:
    struct Config {
        IpAddress gateway; ///< asked in person, too: some networks lose multicast
        IpAddress local; ///< our address on its network
        int prefix = 24; ///< of that network
        std::uint16_t port = 0; ///< ours, for TCP and UDP alike
    };
    struct Packet {
        Endpoint to;
        QByteArray bytes;
    };
    /// A request for a connection of its own; handleResponse() ends it.
    struct Exchange {
        int number = 0;
        HttpRequest request;
    };
    static constexpr std::size_t MAX_PLACES = 4; ///< answers looked into
    static constexpr int MAX_PORTS = 5; ///< outer ports tried where they are taken

    IgdMachine(const Config &config, RandomSource random, Instant now);

    Method method() const override { return Method::Upnp; }
    State state() const override { return m_state; }
    const std::optional<PortMapping> &mapping() const override { return m_mapping; }
    void map(Instant now) override;
    void remove(Instant now) override;
    void handleTimeout(Instant now) override;
    Instant nextDeadline() const override;

    /// An answer to the search; true if it was one.
    bool handleDatagram(Instant now, const Endpoint &from, ByteView bytes);
    std::optional<Packet> pollTransmit(Instant now);
    std::optional<Exchange> pollExchange();
    /// Nothing: it failed. Numbers that are not open any more are passed over.
    void handleResponse(Instant now, int number, const std::optional<HttpResponse> &response);
    /// Whether an answer is still waited for; else its connection can go.
    bool isOpen(int number) const;

private:
    enum class Step { Searching, Describing, AskingAddress, Idle, Adding };
    struct Lease {
        Transport transport;
        std::uint16_t port = 0; ///< outside; 0: none
    };

    bool isNearby(const HttpUrl &place, const Endpoint &from) const;
    void ask(Instant now, HttpRequest request);
    void describeNext(Instant now);
    void described(Instant now, const std::optional<HttpResponse> &response);
    void addressed(Instant now, const std::optional<HttpResponse> &response);
    void begin(Instant now);
    void add(Instant now);
    void added(Instant now, const std::optional<HttpResponse> &response);
    bool mayTryAgain(int error);
    void settle(Instant now);
    std::uint16_t randomPort() const;

    Config m_config;
    RandomSource m_random;
    State m_state = State::Asking;
    Step m_step = Step::Searching;
    int m_searches = 0;
    Instant m_nextSearch;
    Instant m_searchEnds;
    std::deque<Packet> m_packets;
    std::vector<HttpUrl> m_places; ///< where devices describe themselves, in order of answers
    std::size_t m_nextPlace = 0;
    HttpUrl m_place; ///< the one looked into
    std::optional<IgdService> m_service;
    IpAddress m_external;
    Lease m_tcp{Transport::Tcp};
    Lease m_udp{Transport::Udp};
    Lease *m_adding = nullptr;
    std::uint16_t m_wanted = 0; ///< the outer port asked for now
    int m_tries = 0;
    bool m_permanent = false; ///< the device knows no leases that end (error 725)
    bool m_unanswered = false; ///< something of this round
    std::vector<int> m_open;
    std::deque<Exchange> m_exchanges;
    int m_lastNumber = 0;
    Instant m_answerBy = NEVER;
    Instant m_renewAt = NEVER;
    Instant m_expires = NEVER;
    std::optional<PortMapping> m_mapping;
};

} // namespace postern::portmap
