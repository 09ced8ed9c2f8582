#include "core/nat/tcp_question.h"

#include "core/stun/message.h"

namespace postern::nat {

namespace {

constexpr std::size_t MAX_ANSWER = 1024; ///< a Binding response has less than 200 bytes

} // namespace

std::unique_ptr<TcpQuestion> TcpQuestion::ask(const Endpoint &to,
                                              const TcpSocket::ConnectOptions &options,
                                              const QByteArray &request, Ended ended)
{
    std::unique_ptr<TcpQuestion> question(new TcpQuestion(request, std::move(ended)));
    auto *asked = question.get();
    auto connection = TcpSocket::connect(
        to, options, [asked](const Result<void> &result) { asked->connected(result); });
    if (!connection)
        return nullptr;
    question->m_connection = std::move(*connection);
    question->m_connection->resetAtEnd();
    return question;
}

void TcpQuestion::connected(const Result<void> &result)
{
    if (!result)
        return end({});
    m_connection->setReadableHandler([this] { readable(); });
    // A fresh connection's buffer holds the request, which is shorter than 100 bytes.
    if (m_connection->write(viewOf(m_request)).status != IoStatus::Done)
        end({});
}

/// Messages over TCP follow each other; the header tells the length.
void TcpQuestion::readable()
{
    std::array<std::uint8_t, MAX_ANSWER> bytes;
    const auto got = m_connection->read(bytes);
    if (got.status == IoStatus::WouldBlock)
        return;
    if (got.status != IoStatus::Done)
        return end({});
    m_answer.append(toByteArray(ByteView(bytes).first(got.bytes)));
    const auto size = stun::messageSize(viewOf(m_answer));
    if (size && static_cast<std::size_t>(m_answer.size()) >= *size)
        return end(m_answer.first(static_cast<qsizetype>(*size)));
    if (static_cast<std::size_t>(m_answer.size()) > MAX_ANSWER)
        end({});
}

void TcpQuestion::end(const QByteArray &answer)
{
    m_connection->setReadableHandler({});
    if (const auto ended = std::exchange(m_ended, {}))
        ended(answer);
}

} // namespace postern::nat
