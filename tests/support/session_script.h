#pragma once
// A session machine whose driver and server are played by the test, in virtual time.

#include "core/identity/device_key.h"
#include "core/signalling/session_machine.h"

#include <QTest>

namespace postern::session_script {

using namespace session_output;

inline const QByteArray CHALLENGE(32, 'c');
inline const QByteArray CERTIFICATE(32, 's');
inline const QString BOB = QStringLiteral("bob");

inline Error unreachable() { return {ErrorCode::Unavailable, QStringLiteral("No way.")}; }

/// Machine, driver and server in one: the test plays the server.
class Session {
public:
    explicit Session(quint64 seed = 1)
        : machine(seededRandom(seed))
        , key(DeviceKey::generate().value())
    {
    }

    SignInOrder order(SignInOrder::Way way) const
    {
        SignInOrder order;
        order.way = way;
        order.user = QStringLiteral("alice");
        if (way != SignInOrder::Way::DeviceKey)
            order.password = QStringLiteral("correct horse");
        order.device = {key.publicKey(), QStringLiteral("laptop"),
                        [device = key](const QByteArray &payload) { return device.sign(payload); }};
        return order;
    }

    void signIn(SignInOrder::Way way = SignInOrder::Way::DeviceKey)
    {
        machine.signIn(now, order(way));
        collect();
    }

    /// Connects and says hello; the machine then asks to sign in.
    void greet(wire::ServerHello hello = {})
    {
        if (hello.challenge.isEmpty())
            hello.challenge = CHALLENGE;
        machine.connected(now, {CERTIFICATE, IpAddress::v4(192, 0, 2, 1)});
        collect();
        said<wire::ClientHello>();
        say(hello);
    }

    void goOnline(SignInOrder::Way way = SignInOrder::Way::DeviceKey)
    {
        signIn(way);
        comeOnline();
    }
    void comeOnline()
    {
        greet();
        const quint32 number = way() == SignInOrder::Way::Register ? said<wire::Register>().request
                                                                   : said<wire::SignIn>().request;
        say(wire::SignedIn{number, QStringLiteral("Alice"), randomId<SessionId>()});
        say(wire::ContactsComplete{});
    }

    template<typename M> void say(const M &message)
    {
        machine.received(now, wire::encode(message));
        collect();
    }

    /// What the machine sent last must be of this kind.
    template<typename M> M said()
    {
        if (sent.isEmpty())
            return fail<M>("nothing was said");
        auto message = wire::decode<wire::ClientMessage>(sent.takeFirst());
        if (!message || !std::holds_alternative<M>(*message))
            return fail<M>("something else was said");
        return std::get<M>(*message);
    }
    SignInOrder::Way way() const
    {
        const auto message = wire::decode<wire::ClientMessage>(sent.value(0));
        return message && std::holds_alternative<wire::Register>(*message)
            ? SignInOrder::Way::Register
            : SignInOrder::Way::DeviceKey;
    }

    void lose(const Error &why = unreachable())
    {
        machine.disconnected(now, why);
        collect();
    }

    /// Lets time pass, waking the machine exactly at its deadlines.
    void pass(Duration span)
    {
        const Instant until = now + span;
        while (machine.deadline() <= until) {
            now = std::max(now, machine.deadline());
            machine.advance(now);
            collect();
        }
        now = until;
    }
    /// Until the machine wants to connect; how long that took.
    Duration untilConnect()
    {
        const Instant start = now;
        const int before = opened;
        while (opened == before && machine.deadline() != NEVER) {
            now = std::max(now, machine.deadline());
            machine.advance(now);
            collect();
        }
        return now - start;
    }

    const LinkStatus &status() const { return machine.status(); }
    ErrorCode problem() const
    {
        return status().problem ? status().problem->code : ErrorCode::Cancelled;
    }

    void collect()
    {
        for (auto &output : machine.takeOutputs()) {
            if (const auto *transmit = std::get_if<Transmit>(&output))
                sent.append(transmit->payload);
            else if (std::holds_alternative<OpenConnection>(output))
                ++opened;
            else if (std::holds_alternative<CloseConnection>(output)) {
                ++closed;
                sent.clear();
            } else if (const auto *changed = std::get_if<ContactChanged>(&output))
                changes.append(changed->name);
            else if (const auto *received = std::get_if<SignalReceived>(&output))
                signalBodies.append(received->signal.body);
            else if (auto *answer = std::get_if<Answered>(&output))
                answers.emplace_back(std::move(*answer));
        }
    }

    Instant now = Instant(1000h);
    SessionMachine machine;
    DeviceKey key;
    QList<QByteArray> sent;
    int opened = 0;
    int closed = 0;
    QStringList changes;
    QList<QByteArray> signalBodies;
    std::vector<Answered> answers;

private:
    template<typename M> M fail(const char *why)
    {
        QTest::qFail(why, __FILE__, __LINE__);
        return M();
    }
};

} // namespace postern::session_script
