#include "core/signalling/rendezvous_client.h"

#include "core/base/log.h"
#include "core/net/interfaces.h"
#include "core/signalling/server_trust.h"

#include <QCoreApplication>
#include <QHostAddress>
#include <QSslConfiguration>
#include <QSslSocket>

namespace postern {

namespace {

constexpr qint64 READ_BUFFER_BYTES = 2 * MAX_FRAME_BYTES;
/// How long a closed socket may still flush what was said last.
constexpr std::chrono::milliseconds FLUSH_TIME = 2s;
/// Before IPv6 is tried where IPv4 does not answer: a SYN is repeated after one second.
constexpr std::chrono::milliseconds IPV4_PATIENCE = 2500ms;

Error socketError(const QSslSocket &socket, const ServerAddress &server)
{
    const auto sentence = [&] {
        switch (socket.error()) {
        case QAbstractSocket::HostNotFoundError:
            return QCoreApplication::translate(
                "Signalling",
                "The server “%1” was not found: check the address and the connection.");
        case QAbstractSocket::ConnectionRefusedError:
            return QCoreApplication::translate(
                "Signalling", "Nothing answers at “%1”: check that the server is running.");
        case QAbstractSocket::NetworkError:
            return QCoreApplication::translate(
                "Signalling", "The server “%1” can't be reached: check the connection.");
        case QAbstractSocket::RemoteHostClosedError:
            return QCoreApplication::translate("Signalling",
                                               "The server “%1” closed the connection.");
        case QAbstractSocket::SslHandshakeFailedError:
            return QCoreApplication::translate(
                "Signalling",
                "No secure connection to “%1”: check that a Postern server is at this address.");
        default:
            return QCoreApplication::translate("Signalling",
                                               "The connection to the server “%1” failed (%2).")
                .arg(QStringLiteral("%1"), socket.errorString());
        }
    }();
    return {ErrorCode::Unavailable, sentence.arg(server.hostAndPort())};
}

QSslConfiguration tlsConfiguration()
{
    QSslConfiguration tls = QSslConfiguration::defaultConfiguration();
    tls.setProtocol(QSsl::TlsV1_3OrLater);
    tls.setPeerVerifyMode(QSslSocket::VerifyPeer);
    return tls;
}

} // namespace

RendezvousClient::RendezvousClient(RendezvousObserver &observer, RandomSource random,
                                   QObject *parent)
    : QObject(parent)
    , m_observer(observer)
    , m_machine(std::move(random))
    , m_networkWatch([this] { networkChanged(); })
{
    m_deadline.setSingleShot(true);
    connect(&m_deadline, &QTimer::timeout, this, [this] {
        m_machine.advance(monotonicNow());
        carryOut();
    });
}

RendezvousClient::~RendezvousClient()
{
    if (m_socket)
        m_socket->disconnect(this);
}

// --- calls -------------------------------------------------------------------------

void RendezvousClient::signIn(const ServerAddress &server, SignInOrder order,
                              const QByteArray &remembered)
{
    m_server = server;
    m_remembered = remembered;
    m_machine.signIn(monotonicNow(), std::move(order));
    carryOut();
}

void RendezvousClient::signOut()
{
    m_machine.signOut(monotonicNow());
    carryOut();
}

void RendezvousClient::networkChanged()
{
    const Instant now = monotonicNow();
    // From an address that is not ours any more no answer will come, and nobody would tell.
    const auto local = IpAddress::parse(m_socket ? m_socket->localAddress().toString() : QString());
    const auto own = localInterfaceAddresses();
    if (local && !local->isUnspecified()
        && std::none_of(own.begin(), own.end(),
                        [&](const InterfaceAddress &one) { return one.address == *local; }))
        m_machine.disconnected(now, socketError(*m_socket, m_server));
    m_machine.networkChanged(now);
    carryOut();
}

void RendezvousClient::urge()
{
    m_machine.urge(monotonicNow());
    carryOut();
}

void RendezvousClient::setReceiving(bool receiving)
{
    m_machine.setReceiving(monotonicNow(), receiving);
    carryOut();
}

namespace {

/// For requests whose answer is a bare Ok.
auto whenOk(RendezvousClient::Done done)
{
    return [done = std::move(done)](Result<wire::ServerMessage> answer) {
        done(answer ? Result<void>() : answer.error());
    };
}

} // namespace

void RendezvousClient::changeContact(const QString &name, wire::ContactAction action, Done done)
{
    ask(wire::ContactChange{0, name, action}, whenOk(std::move(done)));
}

void RendezvousClient::revokeDevice(const DeviceId &device, Done done)
{
    ask(wire::RevokeDevice{0, device}, whenOk(std::move(done)));
}

void RendezvousClient::sendSignal(const QString &user, const DeviceId &device,
                                  const SessionId &session, const QByteArray &body, Done done)
{
    ask(wire::SendSignal{0, user, device, session, body}, whenOk(std::move(done)));
}

void RendezvousClient::dialBack(quint16 tcpPort, quint16 udpPort, const QByteArray &token,
                                DialedBackDone done)
{
    ask(wire::DialBack{0, tcpPort, udpPort, token},
        [done = std::move(done)](Result<wire::ServerMessage> answer) {
            if (!answer)
                return done(answer.error());
            const auto *result = std::get_if<wire::DialedBack>(&*answer);
            done(result ? Result<wire::DialedBack>(*result) : wire::DialedBack{});
        });
}

void RendezvousClient::ask(ClientRequest request, Answer answer)
{
    auto number = m_machine.request(monotonicNow(), std::move(request));
    if (number) {
        m_waiting.emplace(*number, std::move(answer));
        carryOut();
        return;
    }
    QMetaObject::invokeMethod(
        this, [answer = std::move(answer), error = number.error()] { answer(error); },
        Qt::QueuedConnection);
}

// --- the socket --------------------------------------------------------------------

/// By IPv4 if that is possible at all: what the server then sees of us, and STUN at the same
/// address, is the outside of our NAT, which peers need; IPv6 has none to be asked about.
void RendezvousClient::openConnection()
{
    m_onlyV4 = true;
    connectBy(QAbstractSocket::IPv4Protocol);
}

void RendezvousClient::connectBy(QAbstractSocket::NetworkLayerProtocol protocol)
{
    closeConnection();
    m_frames = FrameReader();
    m_certificateProblem.reset();
    m_socket = new QSslSocket(this);
    m_socket->setSslConfiguration(tlsConfiguration());
    m_socket->setReadBufferSize(READ_BUFFER_BYTES);
    connect(m_socket, &QSslSocket::connected, this, [this] { m_onlyV4 = false; });
    connect(m_socket, &QSslSocket::encrypted, this, &RendezvousClient::encrypted);
    connect(m_socket, &QSslSocket::readyRead, this, [this] {
        feedFrames();
        carryOut();
    });
    connect(m_socket, &QSslSocket::errorOccurred, this, &RendezvousClient::failed);
    connect(m_socket, &QSslSocket::sslErrors, this, [this](const QList<QSslError> &errors) {
        judgeCertificate(errors.value(0).errorString());
        if (!m_certificateProblem)
            m_socket->ignoreSslErrors(); // the certificate itself is the pinned one
    });
    m_socket->connectToHostEncrypted(m_server.host, m_server.port, QIODevice::ReadWrite, protocol);
    QTimer::singleShot(IPV4_PATIENCE, m_socket, [this] {
        if (m_onlyV4)
            failed();
    });
}

void RendezvousClient::closeConnection()
{
    QSslSocket *socket = std::exchange(m_socket, nullptr);
    if (!socket)
        return;
    socket->disconnect(this);
    connect(socket, &QSslSocket::disconnected, socket, &QObject::deleteLater);
    QTimer::singleShot(FLUSH_TIME, socket, &QObject::deleteLater);
    socket->disconnectFromHost();
}

void RendezvousClient::judgeCertificate(const QString &systemProblem)
{
    const QByteArray sha256 = m_socket->peerCertificate().digest(QCryptographicHash::Sha256);
    const auto verdict = judgeServer(m_server, m_remembered, {sha256, systemProblem});
    if (!verdict)
        m_certificateProblem = verdict.error();
    m_certificateSha256 = sha256;
}

void RendezvousClient::encrypted()
{
    const bool vouchedFor = m_socket->sslHandshakeErrors().isEmpty();
    if (vouchedFor)
        judgeCertificate({});
    if (m_certificateProblem)
        return failed();
    m_socket->setSocketOption(QAbstractSocket::LowDelayOption, 1);
    auto server = IpAddress::parse(m_socket->peerAddress().toString());
    m_machine.connected(monotonicNow(),
                        {m_certificateSha256, server ? *server : IpAddress(), m_server.port});
    carryOut();
}

void RendezvousClient::feedFrames()
{
    m_frames.append(viewOf(m_socket->readAll()));
    const Instant now = monotonicNow();
    for (;;) {
        auto frame = m_frames.next();
        if (!frame)
            m_machine.disconnected(now, frame.error());
        if (!frame || !*frame)
            return;
        m_machine.received(now, **frame);
    }
}

void RendezvousClient::failed()
{
    if (std::exchange(m_onlyV4, false))
        return connectBy(QAbstractSocket::AnyIPProtocol);
    feedFrames(); // a refusal may have come just before the end
    m_machine.disconnected(monotonicNow(),
                           m_certificateProblem.value_or(socketError(*m_socket, m_server)));
    carryOut();
}

// --- carrying out ------------------------------------------------------------------

/// The socket's part at once, so that a socket given up can't be heard any more; the rest
/// from the event loop, so that no caller is called back from inside its own call.
void RendezvousClient::carryOut()
{
    for (SessionOutput &output : m_machine.takeOutputs()) {
        if (std::holds_alternative<session_output::OpenConnection>(output))
            openConnection();
        else if (std::holds_alternative<session_output::CloseConnection>(output))
            closeConnection();
        else if (const auto *transmit = std::get_if<session_output::Transmit>(&output)) {
            if (m_socket)
                m_socket->write(frameOf(transmit->payload));
        } else
            tellLater(std::move(output));
    }
    const Instant deadline = m_machine.deadline();
    if (deadline == NEVER)
        return m_deadline.stop();
    const auto wait = deadline - std::min(deadline, monotonicNow());
    m_deadline.start(std::chrono::ceil<std::chrono::milliseconds>(wait));
}

void RendezvousClient::tellLater(SessionOutput output)
{
    if (m_untold.empty())
        QMetaObject::invokeMethod(this, &RendezvousClient::tellAll, Qt::QueuedConnection);
    m_untold.push_back(std::move(output));
}

void RendezvousClient::tellAll()
{
    for (SessionOutput &output : std::exchange(m_untold, {}))
        tell(output);
}

void RendezvousClient::tell(SessionOutput &output)
{
    using namespace session_output;
    if (std::holds_alternative<StatusChanged>(output)) {
        m_observer.linkChanged();
    } else if (const auto *changed = std::get_if<ContactChanged>(&output)) {
        m_observer.contactChanged(changed->name);
    } else if (const auto *received = std::get_if<SignalReceived>(&output)) {
        const wire::Signal &signal = received->signal;
        m_observer.signalReceived(signal.user, signal.device, signal.session, signal.body);
    } else if (auto *answered = std::get_if<Answered>(&output)) {
        auto waiting = m_waiting.extract(answered->request);
        if (!waiting.empty())
            waiting.mapped()(std::move(answered->answer));
    }
}

} // namespace postern
