#include "tests/support/rendezvous_raw_client.h"

#include <QSslCertificate>
#include <QSslConfiguration>

namespace postern {

namespace {

quint32 answeredBy(const wire::ServerMessage &message)
{
    return std::visit(
        [](const auto &m) -> quint32 {
            if constexpr (requires { m.answers; })
                return m.answers;
            return 0;
        },
        message);
}

DeviceKey newKey()
{
    auto key = DeviceKey::generate();
    Q_ASSERT(key.ok());
    return *key;
}

} // namespace

RendezvousRawClient::RendezvousRawClient()
    : RendezvousRawClient(newKey())
{
}

RendezvousRawClient::RendezvousRawClient(const DeviceKey &key)
    : m_key(key)
{
    m_socket.setPeerVerifyMode(QSslSocket::VerifyNone);
}

bool RendezvousRawClient::connectTo(const Endpoint &server)
{
    m_socket.connectToHostEncrypted(server.address.toString(), server.port);
    return m_socket.waitForEncrypted(WAIT_MS);
}

bool RendezvousRawClient::greet(const Endpoint &server)
{
    if (!connectTo(server))
        return false;
    say(wire::ClientHello{1, 1, {}, QStringLiteral("raw test client")});
    auto hello = next<wire::ServerHello>();
    if (!hello)
        return false;
    m_hello = *hello;
    return true;
}

QByteArray RendezvousRawClient::certificateSha256() const
{
    return m_socket.peerCertificate().digest(QCryptographicHash::Sha256);
}

wire::DeviceProof RendezvousRawClient::proof(const QString &user) const
{
    auto signature = m_key.sign(wire::signInPayload(m_hello.challenge, certificateSha256(), user));
    return {m_key.publicKey(), QStringLiteral("test device"),
            signature ? *signature : QByteArray()};
}

bool RendezvousRawClient::registerAs(const RendezvousProcess &server, const QString &user,
                                     const QString &invite)
{
    return greet(server.listen())
        && enter(ask(wire::Register{0, user, password(), invite, proof(user)}));
}

bool RendezvousRawClient::signIn(const RendezvousProcess &server, const QString &user,
                                 const QString &password)
{
    return greet(server.listen()) && enter(ask(wire::SignIn{0, user, password, proof(user)}));
}

bool RendezvousRawClient::enter(const std::optional<wire::ServerMessage> &answer)
{
    m_failure.reset();
    if (answer && std::holds_alternative<wire::Failure>(*answer))
        m_failure = std::get<wire::Failure>(*answer);
    if (!answer || !std::holds_alternative<wire::SignedIn>(*answer))
        return false;
    m_session = std::get<wire::SignedIn>(*answer).session;
    return true;
}

void RendezvousRawClient::sendRaw(const QByteArray &bytes)
{
    m_socket.write(bytes);
    m_socket.flush();
}

std::optional<wire::ServerMessage> RendezvousRawClient::answerTo(quint32 request)
{
    QElapsedTimer clock;
    clock.start();
    for (;;) {
        for (qsizetype i = 0; i < m_inbox.size(); ++i) {
            if (answeredBy(m_inbox[i]) == request)
                return m_inbox.takeAt(i);
        }
        if (!receive(WAIT_MS - static_cast<int>(clock.elapsed())))
            return std::nullopt;
    }
}

/// Takes in what is there, or waits for some; false when nothing came.
bool RendezvousRawClient::receive(int milliseconds)
{
    if (m_socket.bytesAvailable() == 0
        && (milliseconds <= 0 || !m_socket.waitForReadyRead(milliseconds)))
        return false;
    m_reader.append(viewOf(m_socket.readAll()));
    for (auto frame = m_reader.next(); frame && *frame; frame = m_reader.next()) {
        auto message = wire::decode<wire::ServerMessage>(**frame);
        if (message)
            m_inbox.append(*message);
    }
    return true;
}

QList<wire::ServerMessage> RendezvousRawClient::drain()
{
    (void)ask(wire::Ping{});
    return std::exchange(m_inbox, {});
}

bool RendezvousRawClient::waitForClosed(int milliseconds)
{
    QElapsedTimer clock;
    clock.start();
    while (m_socket.state() != QAbstractSocket::UnconnectedState) {
        if (clock.elapsed() > milliseconds)
            return false;
        (void)receive(100);
        if (m_socket.state() == QAbstractSocket::ClosingState)
            m_socket.waitForDisconnected(100);
    }
    return true;
}

void RendezvousRawClient::disconnect() { m_socket.abort(); }

} // namespace postern
