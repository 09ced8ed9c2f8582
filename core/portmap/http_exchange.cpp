#include "core/portmap/http_exchange.h"

namespace postern::portmap {

HttpExchange::HttpExchange(const HttpRequest &request, const IpAddress &from, Done done)
    : m_unsent(request.bytes())
    , m_done(std::move(done))
    , m_failed([this] { end(std::nullopt); })
{
    TcpSocket::ConnectOptions options;
    options.from = Endpoint{from, 0};
    auto socket = TcpSocket::connect(request.url.server, options, [this](const Result<void> &r) {
        if (!r)
            return end(std::nullopt);
        m_socket->setReadableHandler([this] { read(); });
        write();
    });
    if (socket)
        m_socket = std::move(*socket);
    else
        m_failed.set(monotonicNow()); // tells it from the event loop
}

void HttpExchange::write()
{
    while (!m_unsent.isEmpty()) {
        const auto sent = m_socket->write(viewOf(m_unsent));
        if (sent.status == IoStatus::WouldBlock)
            return m_socket->setWritableHandler([this] { write(); });
        if (sent.status != IoStatus::Done)
            return end(std::nullopt);
        m_unsent.remove(0, static_cast<qsizetype>(sent.bytes));
    }
    m_socket->setWritableHandler({});
}

void HttpExchange::read()
{
    std::array<std::uint8_t, 4096> buffer{};
    while (m_reader.state() == HttpReader::State::Reading) {
        const auto got = m_socket->read(buffer);
        if (got.status == IoStatus::WouldBlock)
            return;
        if (got.status == IoStatus::Done)
            m_reader.feed(ByteView(buffer).first(got.bytes));
        else // some routers reset instead of closing
            m_reader.finish();
    }
    if (m_reader.state() == HttpReader::State::Done)
        end(m_reader.response());
    else
        end(std::nullopt);
}

void HttpExchange::end(std::optional<HttpResponse> response)
{
    m_failed.cancel();
    if (m_socket)
        m_socket->setReadableHandler({});
    if (const auto done = std::exchange(m_done, {}))
        done(std::move(response));
}

} // namespace postern::portmap
