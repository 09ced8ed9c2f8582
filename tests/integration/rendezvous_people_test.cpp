// The real server over real TLS: accounts, contacts, presence and signalling, as clients see
// them. Each test has people of its own on one shared server, unless it needs another policy.

#include "tests/support/rendezvous_raw_client.h"

#include <QTest>

using namespace postern;
using wire::ContactAction;
using wire::ContactStanding;
using wire::FailureCode;

namespace {

QByteArray encoded(const std::optional<wire::ServerMessage> &message)
{
    return message ? wire::encodeAny(*message) : QByteArray();
}

/// What remains of an answer when the request's number is left out.
QByteArray withoutNumber(std::optional<wire::ServerMessage> message)
{
    if (message)
        std::visit(
            [](auto &m) {
                if constexpr (requires { m.answers; })
                    m.answers = 0;
            },
            *message);
    return encoded(message);
}

wire::ContactChange change(const QString &name, ContactAction action) { return {0, name, action}; }

} // namespace

class RendezvousPeopleTest : public QObject {
    Q_OBJECT

private:
    RendezvousProcess m_server;
    bool m_started = false;

    /// Registers both and makes them contacts.
    void befriend(RendezvousRawClient &a, const QString &nameA, RendezvousRawClient &b,
                  const QString &nameB)
    {
        QVERIFY(a.registerAs(m_server, nameA));
        QVERIFY(b.registerAs(m_server, nameB));
        QVERIFY(!a.refusalOf(change(nameB, ContactAction::Request)));
        QVERIFY(!b.refusalOf(change(nameA, ContactAction::Accept)));
        a.drain();
        b.drain();
    }

private slots:
    void initTestCase()
    {
        const bool started = m_server.start();
        if (!started && m_server.problem().contains("Driver not loaded"))
            QSKIP("needs Qt's driver for PostgreSQL (libqt6sql6-psql)");
        QVERIFY2(started, qPrintable(m_server.problem()));
        m_started = true;
    }
    void cleanupTestCase()
    {
        if (m_started)
            QVERIFY2(m_server.stop(), qPrintable(m_server.problem()));
    }

    void helloTellsWhatTheServerSaw()
    {
        RendezvousRawClient client;
        QVERIFY(client.greet(m_server.listen()));
        QCOMPARE(client.hello().version, wire::PROTOCOL_VERSION);
        QCOMPARE(client.hello().challenge.size(), 32);
        QCOMPARE(client.hello().observed.address, IpAddress::v4(127, 0, 0, 1));
        QCOMPARE(client.hello().observed.port, client.socket().localPort());
        QCOMPARE(client.hello().stun, m_server.stun());
        QVERIFY(client.hello().registrationOpen);
        QCOMPARE(client.certificateSha256(), m_server.certificateSha256());
    }

    void registersAndSignsInByKey()
    {
        RendezvousRawClient first;
        QVERIFY(first.registerAs(m_server, QStringLiteral("Zoë")));
        const auto self = first.next<wire::ContactEntry>();
        QVERIFY(self);
        QCOMPARE(self->name, QStringLiteral("zoë")); // case-folded
        QCOMPARE(self->standing, ContactStanding::Self);
        QCOMPARE(self->devices.size(), 1);
        QCOMPARE(self->devices[0].id, first.key().id());
        QCOMPARE(self->devices[0].publicKey, first.key().publicKey());
        QVERIFY(self->devices[0].online);
        QVERIFY(first.next<wire::ContactsComplete>());

        RendezvousRawClient again(first.key());
        QVERIFY(again.signIn(m_server, QStringLiteral("ZOË")));
        QVERIFY(again.session() != first.session());
    }

    void refusesEntry_data()
    {
        QTest::addColumn<QString>("user");
        QTest::addColumn<QString>("password");
        QTest::newRow("wrong password") << "refused-anna"
                                        << "wrong horse";
        QTest::newRow("unknown name") << "refused-nobody"
                                      << "wrong horse";
        QTest::newRow("unknown device") << "refused-anna"
                                        << "";
        QTest::newRow("unknown name, no password") << "refused-nobody"
                                                   << "";
    }
    void refusesEntry()
    {
        QFETCH(QString, user);
        QFETCH(QString, password);
        static const bool registered =
            RendezvousRawClient().registerAs(m_server, QStringLiteral("refused-anna"));
        QVERIFY(registered);
        RendezvousRawClient client;
        QVERIFY(!client.signIn(m_server, user, password));
        QVERIFY(client.failure());
        QCOMPARE(client.failure()->code, FailureCode::SignInRefused);
        // One sentence for each way in, whether or not the name exists.
        static QHash<bool, QString> sentences;
        const QString known = sentences.value(password.isEmpty(), client.failure()->message);
        QCOMPARE(client.failure()->message, known);
        sentences[password.isEmpty()] = known;
    }

    void refusesForgedProofs()
    {
        RendezvousRawClient owner;
        QVERIFY(owner.registerAs(m_server, QStringLiteral("forged")));
        RendezvousRawClient thief;
        QVERIFY(thief.greet(m_server.listen()));
        auto proof = thief.proof(QStringLiteral("forged"));
        proof.publicKey = owner.key().publicKey(); // shows the owner's key, signs with its own
        QCOMPARE(thief.refusalOf(wire::SignIn{0, QStringLiteral("forged"), {}, proof}),
                 FailureCode::SignInRefused);
        proof = owner.proof(QStringLiteral("forged")); // a proof made on another connection
        QCOMPARE(thief.refusalOf(wire::SignIn{0, QStringLiteral("forged"), {}, proof}),
                 FailureCode::SignInRefused);
    }

    void refusesRegistration_data()
    {
        QTest::addColumn<QString>("user");
        QTest::addColumn<QString>("password");
        QTest::addColumn<FailureCode>("code");
        QTest::newRow("taken") << "Taken"
                               << "correct horse" << FailureCode::NameTaken;
        QTest::newRow("short password") << "shorty"
                                        << "horse" << FailureCode::PasswordTooShort;
        QTest::newRow("empty name") << ""
                                    << "correct horse" << FailureCode::NameInvalid;
        QTest::newRow("space in name") << "a b"
                                       << "correct horse" << FailureCode::NameInvalid;
        QTest::newRow("bidi in name")
            << QStringLiteral("a\u202eb") << "correct horse" << FailureCode::NameInvalid;
    }
    void refusesRegistration()
    {
        QFETCH(QString, user);
        QFETCH(QString, password);
        QFETCH(FailureCode, code);
        static const bool taken =
            RendezvousRawClient().registerAs(m_server, QStringLiteral("taken"));
        QVERIFY(taken);
        RendezvousRawClient client;
        QVERIFY(client.greet(m_server.listen()));
        QCOMPARE(client.refusalOf(wire::Register{0, user, password, {}, client.proof(user)}), code);
    }

    void closedAndInviteRegistration()
    {
        RendezvousProcess closed;
        QVERIFY(closed.start({QStringLiteral("--registration"), QStringLiteral("closed")}));
        RendezvousRawClient refused;
        QVERIFY(!refused.registerAs(closed, QStringLiteral("anna")));
        QCOMPARE(refused.failure()->code, FailureCode::RegistrationClosed);
        QVERIFY(!refused.hello().registrationOpen);
        QVERIFY(closed.stop());

        RendezvousProcess invite;
        QVERIFY(invite.start({QStringLiteral("--registration"), QStringLiteral("invite")}));
        const auto said = invite.admin({QStringLiteral("invite"), QStringLiteral("create")});
        QCOMPARE(said.exitCode, 0);
        const QString code = said.out.trimmed();
        RendezvousRawClient without;
        QVERIFY(!without.registerAs(invite, QStringLiteral("anna")));
        QCOMPARE(without.failure()->code, FailureCode::InviteInvalid);
        RendezvousRawClient with;
        QVERIFY(with.registerAs(invite, QStringLiteral("anna"), code));
        RendezvousRawClient late; // good for one
        QVERIFY(!late.registerAs(invite, QStringLiteral("bert"), code));
        QCOMPARE(late.failure()->code, FailureCode::InviteInvalid);
        RendezvousRawClient curious; // a taken name is not told to someone without an invite
        QVERIFY(!curious.registerAs(invite, QStringLiteral("anna"), QStringLiteral("X")));
        QCOMPARE(curious.failure()->code, FailureCode::InviteInvalid);
    }

    void contactsComeAndGo()
    {
        RendezvousRawClient anna, bert;
        QVERIFY(anna.registerAs(m_server, QStringLiteral("c-anna")));
        QVERIFY(bert.registerAs(m_server, QStringLiteral("c-bert")));
        anna.drain();
        bert.drain();
        QVERIFY(!anna.refusalOf(change(QStringLiteral("c-bert"), ContactAction::Request)));
        auto entry = anna.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::AskedByYou);
        QVERIFY(entry->devices.isEmpty());
        entry = bert.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::AsksYou);
        QVERIFY(entry->devices.isEmpty());

        QVERIFY(!bert.refusalOf(change(QStringLiteral("c-anna"), ContactAction::Accept)));
        entry = anna.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::Accepted);
        QCOMPARE(entry->devices.size(), 1);
        QCOMPARE(entry->devices[0].id, bert.key().id());
        QVERIFY(entry->devices[0].online);

        QVERIFY(!bert.refusalOf(change(QStringLiteral("c-anna"), ContactAction::Remove)));
        const auto gone = anna.next<wire::ContactGone>();
        QVERIFY(gone);
        QCOMPARE(gone->name, QStringLiteral("c-bert"));
        QCOMPARE(anna.refusalOf(change(QStringLiteral("c-bert"), ContactAction::Accept)),
                 FailureCode::NotAContact);
        QCOMPARE(anna.refusalOf(change(QStringLiteral("c-anna"), ContactAction::Request)),
                 FailureCode::BadRequest); // oneself
    }

    void presenceIsTold()
    {
        RendezvousRawClient anna, bert;
        befriend(anna, QStringLiteral("p-anna"), bert, QStringLiteral("p-bert"));
        QVERIFY(!bert.refusalOf(wire::SetReceiving{0, true}));
        auto presence = anna.next<wire::Presence>();
        QVERIFY(presence && presence->online && presence->receiving);
        QCOMPARE(presence->name, QStringLiteral("p-bert"));
        QCOMPARE(presence->device, bert.key().id());

        RendezvousRawClient second(bert.key()); // another process of the same device
        QVERIFY(second.signIn(m_server, QStringLiteral("p-bert")));
        bert.disconnect();
        presence = anna.next<wire::Presence>();
        QVERIFY(presence && presence->online && !presence->receiving);
        second.disconnect();
        presence = anna.next<wire::Presence>();
        QVERIFY(presence && !presence->online);
        QVERIFY(bert.signIn(m_server, QStringLiteral("p-bert")));
        presence = anna.next<wire::Presence>();
        QVERIFY(presence && presence->online && !presence->receiving);
    }

    void newDeviceIsShown()
    {
        RendezvousRawClient anna, bert, phone;
        befriend(anna, QStringLiteral("d-anna"), bert, QStringLiteral("d-bert"));
        QVERIFY(phone.signIn(m_server, QStringLiteral("d-bert"), RendezvousRawClient::password()));
        auto entry = anna.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::Accepted);
        QCOMPARE(entry->devices.size(), 2);
        entry = bert.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::Self);
        QCOMPARE(entry->devices.size(), 2);

        QVERIFY(!bert.refusalOf(wire::RevokeDevice{0, phone.key().id()}));
        QVERIFY(phone.waitForClosed());
        entry = anna.next<wire::ContactEntry>();
        QVERIFY(entry);
        QCOMPARE(entry->devices.size(), 1);
        RendezvousRawClient back(phone.key());
        QVERIFY(!back.signIn(m_server, QStringLiteral("d-bert"), RendezvousRawClient::password()));
        QCOMPARE(back.failure()->code, FailureCode::SignInRefused);
    }

    void signalsReachTheRightSession()
    {
        RendezvousRawClient anna, bert;
        befriend(anna, QStringLiteral("s-anna"), bert, QStringLiteral("s-bert"));
        RendezvousRawClient receiver(bert.key());
        QVERIFY(receiver.signIn(m_server, QStringLiteral("s-bert")));
        const wire::SendSignal offer{0, QStringLiteral("s-bert"), bert.key().id(), {}, "offer"};
        QCOMPARE(anna.refusalOf(offer), FailureCode::PeerOffline); // nobody receives yet
        QVERIFY(!receiver.refusalOf(wire::SetReceiving{0, true}));
        QVERIFY(!anna.refusalOf(offer));
        const auto signal = receiver.next<wire::Signal>();
        QVERIFY(signal);
        QCOMPARE(signal->user, QStringLiteral("s-anna"));
        QCOMPARE(signal->device, anna.key().id());
        QCOMPARE(signal->session, anna.session());
        QCOMPARE(signal->body, QByteArray("offer"));

        // The answer goes to that very session, which need not receive.
        QVERIFY(!receiver.refusalOf(
            wire::SendSignal{0, signal->user, signal->device, signal->session, "answer"}));
        QCOMPARE(anna.next<wire::Signal>()->session, receiver.session());
        for (const auto &message : bert.drain())
            QVERIFY(!std::holds_alternative<wire::Signal>(message));
        // A session of another device is not reached through this one's name.
        QCOMPARE(receiver.refusalOf(
                     wire::SendSignal{0, signal->user, bert.key().id(), anna.session(), "x"}),
                 FailureCode::PeerOffline);
    }

    void strangerLearnsNothing()
    {
        RendezvousRawClient stranger, known;
        QVERIFY(known.registerAs(m_server, QStringLiteral("n-known")));
        QVERIFY(!known.refusalOf(wire::SetReceiving{0, true}));
        QVERIFY(stranger.registerAs(m_server, QStringLiteral("n-stranger")));
        stranger.drain();

        const auto all = [&](const QString &name) {
            QList<QByteArray> seen;
            const wire::SendSignal signal{0, name, known.key().id(), {}, "knock"};
            seen += withoutNumber(stranger.ask(signal));
            for (const auto action :
                 {ContactAction::Accept, ContactAction::Refuse, ContactAction::Remove,
                  ContactAction::Unblock, ContactAction::Request, ContactAction::Request}) {
                seen += withoutNumber(stranger.ask(change(name, action)));
                for (const auto &message : stranger.drain())
                    seen += encoded(message);
            }
            seen += withoutNumber(stranger.ask(signal));
            return seen;
        };
        QList<QByteArray> unknown = all(QStringLiteral("n-ghost"));
        for (QByteArray &message : unknown)
            message.replace("n-ghost", "n-known");
        QCOMPARE(all(QStringLiteral("n-known")), unknown);

        // Refused, and asked again: still the same picture, after signing in anew too.
        QVERIFY(!known.refusalOf(change(QStringLiteral("n-stranger"), ContactAction::Refuse)));
        known.drain();
        QVERIFY(!stranger.refusalOf(change(QStringLiteral("n-known"), ContactAction::Request)));
        QVERIFY(known.drain().isEmpty());
        QVERIFY(stranger.drain().isEmpty());
        RendezvousRawClient again(stranger.key());
        QVERIFY(again.signIn(m_server, QStringLiteral("n-stranger")));
        QList<QByteArray> list;
        for (const auto &message : again.drain()) {
            if (const auto *entry = std::get_if<wire::ContactEntry>(&message);
                entry && entry->standing != ContactStanding::Self)
                list += wire::encode(*entry).replace("n-ghost", "n-known");
        }
        QCOMPARE(list.size(), 2);
        QCOMPARE(list[0], list[1]);
    }

    void blockLooksLikeSigningOff()
    {
        RendezvousRawClient anna, bert;
        befriend(anna, QStringLiteral("b-anna"), bert, QStringLiteral("b-bert"));
        QVERIFY(!bert.refusalOf(wire::SetReceiving{0, true}));
        QVERIFY(anna.next<wire::Presence>());
        QVERIFY(!bert.refusalOf(change(QStringLiteral("b-anna"), ContactAction::Block)));
        const auto presence = anna.next<wire::Presence>();
        QVERIFY(presence && !presence->online && !presence->receiving);
        const wire::SendSignal signal{0, QStringLiteral("b-bert"), bert.key().id(), {}, "x"};
        QCOMPARE(anna.refusalOf(signal), FailureCode::PeerOffline);
        QCOMPARE(
            bert.refusalOf(wire::SendSignal{0, QStringLiteral("b-anna"), anna.key().id(), {}, "x"}),
            FailureCode::NotAContact);

        RendezvousRawClient again(anna.key()); // the list still has an offline contact
        QVERIFY(again.signIn(m_server, QStringLiteral("b-anna")));
        QVERIFY(again.next<wire::ContactEntry>()); // self
        const auto entry = again.next<wire::ContactEntry>();
        QVERIFY(entry && entry->standing == ContactStanding::Accepted);
        QCOMPARE(entry->devices.size(), 1);
        QVERIFY(!entry->devices[0].online);

        QVERIFY(!bert.refusalOf(change(QStringLiteral("b-anna"), ContactAction::Unblock)));
        const auto back = again.next<wire::Presence>();
        QVERIFY(back && back->online && back->receiving);
    }

    void operatorDisablesAnAccount()
    {
        RendezvousRawClient anna, bert;
        befriend(anna, QStringLiteral("o-anna"), bert, QStringLiteral("o-bert"));
        const QStringList disable{QStringLiteral("user"), QStringLiteral("disable"),
                                  QStringLiteral("o-bert")};
        QCOMPARE(m_server.admin(disable).exitCode, 0);
        QVERIFY(bert.waitForClosed());
        const auto presence = anna.next<wire::Presence>();
        QVERIFY(presence && !presence->online);
        RendezvousRawClient back(bert.key());
        QVERIFY(!back.signIn(m_server, QStringLiteral("o-bert")));
        QCOMPARE(back.failure()->code, FailureCode::SignInRefused);
        QCOMPARE(
            m_server
                .admin({QStringLiteral("user"), QStringLiteral("enable"), QStringLiteral("o-bert")})
                .exitCode,
            0);
        RendezvousRawClient enabled(bert.key());
        QVERIFY(enabled.signIn(m_server, QStringLiteral("o-bert")));
    }

    void operatorAddsAndListsAccounts()
    {
        const auto added =
            m_server.admin({QStringLiteral("user"), QStringLiteral("add"), QStringLiteral("Added")},
                           "correct horse\n");
        QCOMPARE(added.exitCode, 0);
        RendezvousRawClient client;
        QVERIFY(client.signIn(m_server, QStringLiteral("added"), RendezvousRawClient::password()));
        // --data may stand behind the command, too
        const auto list = RendezvousProcess::run(
            QStringList{QStringLiteral("user"), QStringLiteral("list"), QStringLiteral("--json")}
            + m_server.whereDataIs());
        QCOMPARE(list.exitCode, 0);
        QVERIFY(list.out.contains(QStringLiteral("\"name\":\"added\"")));
        const auto again =
            m_server.admin({QStringLiteral("user"), QStringLiteral("add"), QStringLiteral("added")},
                           "correct horse\n");
        QCOMPARE(again.exitCode, 1);
        QVERIFY(again.err.contains(QStringLiteral("taken")));
    }
};

QTEST_GUILESS_MAIN(RendezvousPeopleTest)
#include "rendezvous_people_test.moc"
