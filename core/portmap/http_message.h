#pragma once
// As much of HTTP/1.1 as a home router's control point needs: one request a connection, and
// its answer read with a bound. Values, any thread. Source: RFC 9110, RFC 9112.

#include "core/portmap/ssdp.h"

namespace postern::portmap {

struct HttpRequest {
    HttpUrl url;
    QByteArray soapAction; ///< empty: a GET
    QByteArray body;
    QByteArray bytes() const;
};

struct HttpResponse {
    int status = 0;
    QByteArray body;
};

/// Reads one response as it arrives.
class HttpReader {
public:
    /// Descriptions of real routers have 2 to 30 KiB.
    static constexpr qsizetype MAX_BYTES = 128 * 1024;

    enum class State { Reading, Done, Broken };

    State feed(ByteView bytes);
    /// The server closed: the end of a body that has no length.
    State finish();
    State state() const { return m_state; }
    const HttpResponse &response() const { return m_response; }

private:
    State parse(bool ended);
    bool readHead();
    bool readChunks();

    QByteArray m_bytes;
    qsizetype m_bodyAt = -1; ///< where the body begins; -1: the head is not whole
    std::optional<qsizetype> m_length;
    bool m_chunked = false;
    State m_state = State::Reading;
    HttpResponse m_response;
};

} // namespace postern::portmap
