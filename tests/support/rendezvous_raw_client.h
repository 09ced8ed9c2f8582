#pragma once
// A client that says exactly what a test tells it to, over a real TLS socket, and waits for
// what comes back. Blocking. For tests of the server; everything else uses the real client.

#include "core/identity/device_key.h"
#include "core/wire/frame.h"
#include "core/wire/rendezvous_messages.h"
#include "tests/support/rendezvous_process.h"

#include <QElapsedTimer>
#include <QSslSocket>

namespace postern {

class RendezvousRawClient {
public:
    RendezvousRawClient(); ///< with a device key of its own
    explicit RendezvousRawClient(const DeviceKey &key);

    /// TLS only. Any certificate is taken; certificateSha256() tells which it was.
    [[nodiscard]] bool connectTo(const Endpoint &server);
    /// TLS and hello.
    [[nodiscard]] bool greet(const Endpoint &server);
    /// All the way in; false if the server refuses (see failure()).
    [[nodiscard]] bool registerAs(const RendezvousProcess &server, const QString &user,
                                  const QString &invite = {});
    [[nodiscard]] bool signIn(const RendezvousProcess &server, const QString &user,
                              const QString &password = {});

    template<typename M> void say(const M &message) { sendRaw(frameOf(wire::encode(message))); }
    void sendRaw(const QByteArray &bytes);

    /// Sends a request, numbering it, and gives its answer. Other messages that come meanwhile
    /// are kept for next().
    template<typename M> std::optional<wire::ServerMessage> ask(M request)
    {
        request.request = ++m_requests;
        say(request);
        return answerTo(m_requests);
    }
    /// The code of the Failure that answers; nullopt: it was done.
    template<typename M> std::optional<wire::FailureCode> refusalOf(const M &request)
    {
        const auto answer = ask(request);
        if (!answer)
            return wire::FailureCode::Internal;
        const auto *failure = std::get_if<wire::Failure>(&*answer);
        return failure ? std::optional(failure->code) : std::nullopt;
    }

    /// The next message of that type, passing over others; nullopt after the time.
    template<typename M> std::optional<M> next(int milliseconds = WAIT_MS)
    {
        QElapsedTimer clock;
        clock.start();
        for (;;) {
            for (qsizetype i = 0; i < m_inbox.size(); ++i) {
                if (const auto *found = std::get_if<M>(&m_inbox[i])) {
                    const M message = *found;
                    m_inbox.erase(m_inbox.begin(), m_inbox.begin() + i + 1);
                    return message;
                }
            }
            if (!receive(milliseconds - static_cast<int>(clock.elapsed())))
                return std::nullopt;
        }
    }
    /// All messages that came so far; what is in flight is fetched by asking for a Ping.
    QList<wire::ServerMessage> drain();

    [[nodiscard]] bool waitForClosed(int milliseconds = WAIT_MS);
    void disconnect();

    const wire::ServerHello &hello() const { return m_hello; }
    const std::optional<wire::Failure> &failure() const { return m_failure; }
    const DeviceKey &key() const { return m_key; }
    SessionId session() const { return m_session; }
    QByteArray certificateSha256() const;
    wire::DeviceProof proof(const QString &user) const;
    QSslSocket &socket() { return m_socket; }

    static constexpr int WAIT_MS = 15'000;
    static QString password() { return QStringLiteral("correct horse"); }

private:
    bool receive(int milliseconds);
    std::optional<wire::ServerMessage> answerTo(quint32 request);
    bool enter(const std::optional<wire::ServerMessage> &answer);

    DeviceKey m_key;
    QSslSocket m_socket;
    FrameReader m_reader;
    QList<wire::ServerMessage> m_inbox;
    wire::ServerHello m_hello;
    std::optional<wire::Failure> m_failure;
    SessionId m_session;
    quint32 m_requests = 0;
};

} // namespace postern
