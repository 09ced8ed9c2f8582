#include "core/portmap/http_message.h"

#include <QList>

namespace postern::portmap {

namespace {

constexpr qsizetype MAX_HEAD_BYTES = 8 * 1024;
constexpr char END_OF_HEAD[] = "\r\n\r\n";
constexpr qsizetype STATUS_AT = 9; // RFC 9112 section 4: behind "HTTP/1.1 "

} // namespace

QByteArray HttpRequest::bytes() const
{
    const bool post = !soapAction.isEmpty();
    QByteArray head = (post ? "POST " : "GET ") + url.path + " HTTP/1.1\r\nHost: "
        + url.server.toString().toLatin1() + "\r\nConnection: close\r\nUser-Agent: Postern\r\n";
    if (post)
        head += "Content-Type: text/xml; charset=\"utf-8\"\r\nSOAPAction: \"" + soapAction
            + "\"\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\n";
    return head + "\r\n" + body;
}

HttpReader::State HttpReader::feed(ByteView bytes)
{
    if (m_state != State::Reading)
        return m_state;
    if (static_cast<qsizetype>(bytes.size()) > MAX_BYTES - m_bytes.size())
        return m_state = State::Broken;
    m_bytes += toByteArray(bytes);
    return parse(false);
}

HttpReader::State HttpReader::finish() { return m_state == State::Reading ? parse(true) : m_state; }

HttpReader::State HttpReader::parse(bool ended)
{
    if (m_bodyAt < 0 && !readHead()) {
        if (ended || m_bytes.size() > MAX_HEAD_BYTES)
            m_state = State::Broken;
        return m_state;
    }
    if (m_state == State::Broken)
        return m_state;
    if (m_chunked) {
        if (readChunks())
            m_state = State::Done;
    } else if (m_length && m_bytes.size() - m_bodyAt >= *m_length) {
        m_response.body = m_bytes.sliced(m_bodyAt, *m_length);
        m_state = State::Done;
    } else if (!m_length && ended) {
        m_response.body = m_bytes.sliced(m_bodyAt);
        m_state = State::Done;
    }
    if (ended && m_state == State::Reading)
        m_state = State::Broken;
    return m_state;
}

/// True once the head is whole, whatever it says; a bad one breaks the response.
bool HttpReader::readHead()
{
    const qsizetype end = m_bytes.indexOf(END_OF_HEAD);
    if (end < 0)
        return false;
    m_bodyAt = end + qsizetype{sizeof END_OF_HEAD - 1};
    const auto lines = m_bytes.first(end).split('\n');
    bool isNumber = false;
    m_response.status = lines.first().mid(STATUS_AT, 3).toInt(&isNumber);
    if (!lines.first().startsWith("HTTP/1.") || !isNumber)
        m_state = State::Broken;
    for (const QByteArray &line : lines.sliced(1)) {
        const qsizetype colon = line.indexOf(':');
        const QByteArray name = line.first(std::max<qsizetype>(colon, 0)).toLower();
        const QByteArray value = line.mid(colon + 1).trimmed();
        if (name == "content-length") {
            const qlonglong length = value.toLongLong(&isNumber);
            if (!isNumber || length < 0 || length > MAX_BYTES)
                m_state = State::Broken;
            m_length = length;
        } else if (name == "transfer-encoding") {
            m_chunked = value.toLower() == "chunked";
        }
    }
    return true;
}

/// RFC 9112 section 7.1. True once the last chunk is there; the trailer is not waited for.
bool HttpReader::readChunks()
{
    QByteArray body;
    for (qsizetype at = m_bodyAt;;) {
        const qsizetype end = m_bytes.indexOf("\r\n", at);
        if (end < 0)
            return false;
        const QByteArray line = m_bytes.sliced(at, end - at); // size, maybe ";extensions"
        bool isNumber = false;
        const qlonglong size = line.split(';').first().trimmed().toLongLong(&isNumber, 16);
        if (!isNumber || size < 0 || size > MAX_BYTES) {
            m_state = State::Broken;
            return false;
        }
        if (size == 0) {
            m_response.body = body;
            return true;
        }
        at = end + 2;
        if (m_bytes.size() - at < size + 2)
            return false;
        body += m_bytes.sliced(at, size);
        at += size + 2;
    }
}

} // namespace postern::portmap
