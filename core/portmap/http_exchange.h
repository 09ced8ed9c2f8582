#pragma once
// One HTTP request over a connection of its own. The outcome is told once, from the event
// loop; destroying the exchange abandons it. Nothing it reads goes beyond HttpReader's bound;
// how long it may take, the owner knows. Thread: engine thread.

#include "core/net/deadline_timer.h"
#include "core/net/tcp_socket.h"
#include "core/portmap/http_message.h"

#include <functional>

namespace postern::portmap {

class HttpExchange {
public:
    /// Nothing: no connection, or no HTTP.
    using Done = std::function<void(std::optional<HttpResponse>)>;

    HttpExchange(const HttpRequest &request, const IpAddress &from, Done done);

private:
    void write();
    void read();
    void end(std::optional<HttpResponse> response);

    QByteArray m_unsent;
    HttpReader m_reader;
    Done m_done;
    std::unique_ptr<TcpSocket> m_socket;
    DeadlineTimer m_failed;
};

} // namespace postern::portmap
