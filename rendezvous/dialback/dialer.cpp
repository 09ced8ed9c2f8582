#include "rendezvous/dialback/dialer.h"

#include "core/base/clock.h"
#include "core/base/random.h"
#include "core/stun/message_writer.h"
#include "core/wire/rendezvous_messages.h"
#include "rendezvous/sockets/socket_address.h"

#include <asio/connect.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/steady_timer.hpp>
#include <asio/write.hpp>

namespace postern::rendezvous {

namespace {

constexpr auto DIAL_TIME = 3s;
constexpr int UDP_REQUESTS = 3;
constexpr auto UDP_INTERVAL = 500ms; ///< RFC 8489 section 6.2.1
constexpr int MOST_UNDER_WAY = 256;
constexpr std::size_t GREETING_BYTES = sizeof wire::DIAL_BACK_GREETING - 1;

/// One order. Lives as long as one of its operations does.
class Attempt : public std::enable_shared_from_this<Attempt> {
public:
    Attempt(asio::io_context &network, const DialOrder &order, Dialer::Done done)
        : m_order(order)
        , m_done(std::move(done))
        , m_tcp(network)
        , m_udp(network)
        , m_end(network)
        , m_again(network)
    {
    }

    void start()
    {
        m_end.expires_after(DIAL_TIME);
        m_end.async_wait([self = shared_from_this()](const asio::error_code &cancelled) {
            if (!cancelled)
                self->finish();
        });
        m_tcpOpen = m_order.tcpPort != 0 && startTcp();
        m_udpOpen = m_order.udpPort != 0 && startUdp();
        finishIfSettled();
    }

private:
    bool startTcp()
    {
        asio::error_code failed;
        m_tcp.open(toAsio<asio::ip::tcp>({m_order.client, 0}).protocol(), failed);
        if (!failed)
            m_tcp.bind(toAsio<asio::ip::tcp>({m_order.from, 0}), failed);
        if (failed)
            return false;
        m_tcp.async_connect(toAsio<asio::ip::tcp>({m_order.client, m_order.tcpPort}),
                            [self = shared_from_this()](const asio::error_code &refused) {
                                if (refused)
                                    return self->tcpSettled(false);
                                self->greet();
                            });
        return true;
    }

    void greet()
    {
        asio::async_write(m_tcp, asio::buffer(wire::DIAL_BACK_GREETING, GREETING_BYTES),
                          [self = shared_from_this()](const asio::error_code &failed, std::size_t) {
                              if (failed)
                                  return self->tcpSettled(false);
                              self->readToken();
                          });
    }

    void readToken()
    {
        asio::async_read(m_tcp, asio::buffer(m_token),
                         [self = shared_from_this()](const asio::error_code &failed, std::size_t) {
                             const auto got = borrowedByteArray(self->m_token);
                             self->tcpSettled(!failed && got == self->m_order.token);
                         });
    }

    void tcpSettled(bool proved)
    {
        m_tcpOpen = false;
        m_result.tcp = proved;
        finishIfSettled();
    }

    bool startUdp()
    {
        asio::error_code failed;
        m_udp.open(toAsio<asio::ip::udp>({m_order.client, 0}).protocol(), failed);
        if (!failed)
            m_udp.bind(toAsio<asio::ip::udp>({m_order.from, 0}), failed);
        if (failed)
            return false;
        std::array<std::uint8_t, stun::TransactionId::LENGTH> id{};
        fillRandom(id);
        m_transaction = stun::TransactionId(id);
        m_request =
            stun::MessageWriter(stun::MessageClass::Request, stun::Method::Binding, m_transaction)
                .text(stun::Attribute::Username, m_order.token.toHex())
                .fingerprint()
                .take();
        sendUdp();
        receiveUdp();
        return true;
    }

    void sendUdp()
    {
        asio::error_code ignored; // an ICMP error of the one before says nothing of this one
        m_udp.send_to(asio::buffer(m_request.constData(), size_t(m_request.size())),
                      toAsio<asio::ip::udp>({m_order.client, m_order.udpPort}), 0, ignored);
        if (++m_udpSent >= UDP_REQUESTS)
            return;
        m_again.expires_after(UDP_INTERVAL);
        m_again.async_wait([self = shared_from_this()](const asio::error_code &cancelled) {
            if (!cancelled && self->m_udpOpen)
                self->sendUdp();
        });
    }

    void receiveUdp()
    {
        m_udp.async_receive_from(
            asio::buffer(m_datagram), m_sender,
            [self = shared_from_this()](const asio::error_code &failed, std::size_t size) {
                if (failed == asio::error::operation_aborted)
                    return;
                if (!failed && self->isOurAnswer({self->m_datagram.data(), size}))
                    return self->udpSettled();
                if (++self->m_udpReceived < MOST_DATAGRAMS)
                    self->receiveUdp();
            });
    }

    bool isOurAnswer(ByteView datagram) const
    {
        if (toEndpoint(m_sender) != Endpoint{m_order.client, m_order.udpPort})
            return false;
        const auto message = stun::Message::parse(datagram);
        return message && message->messageClass() == stun::MessageClass::Success
            && message->transaction() == m_transaction;
    }

    void udpSettled()
    {
        m_udpOpen = false;
        m_result.udp = true;
        finishIfSettled();
    }

    void finishIfSettled()
    {
        if (!m_tcpOpen && !m_udpOpen)
            finish();
    }

    void finish()
    {
        if (!m_done)
            return;
        asio::error_code ignored;
        m_tcp.close(ignored);
        m_udp.close(ignored);
        m_end.cancel();
        m_again.cancel();
        std::exchange(m_done, nullptr)(m_result);
    }

    static constexpr int MOST_DATAGRAMS = 16;

    DialOrder m_order;
    Dialer::Done m_done;
    asio::ip::tcp::socket m_tcp;
    asio::ip::udp::socket m_udp;
    asio::steady_timer m_end;
    asio::steady_timer m_again;
    stun::TransactionId m_transaction;
    QByteArray m_request;
    std::array<std::uint8_t, 16> m_token{};
    std::array<std::uint8_t, 600> m_datagram{};
    asio::ip::udp::endpoint m_sender;
    DialResult m_result;
    bool m_tcpOpen = false;
    bool m_udpOpen = false;
    int m_udpSent = 0;
    int m_udpReceived = 0;
};

} // namespace

void Dialer::dial(const DialOrder &order, Done done)
{
    if (*m_underWay >= MOST_UNDER_WAY) {
        asio::post(m_network, [done] { done({}); });
        return;
    }
    ++*m_underWay;
    DialOrder bound = order;
    if (!m_alternate.isUnspecified() && m_alternate.family() == order.client.family())
        bound.from = m_alternate;
    auto attempt = std::make_shared<Attempt>(m_network, bound,
                                             [count = m_underWay, done](const DialResult &result) {
                                                 --*count;
                                                 done(result);
                                             });
    attempt->start();
}

} // namespace postern::rendezvous
