// What people do with transfers, through the engine's door: pause, wait, retry, rules, parts of an
// offer, texts, limits, the history. Real server, real sockets, real disk.

#include "tests/support/engine_person.h"

#include <QDir>
#include <QFile>
#include <QSignalSpy>

using namespace postern;

static const QByteArray NOTES_NOW = "as they are now";

class EngineTransfersTest : public QObject {
    Q_OBJECT

    std::unique_ptr<RendezvousProcess> m_server;

    template<typename Value, typename Call> Result<Value> ask(Call call)
    {
        std::optional<Result<Value>> answer;
        call([&answer](Result<Value> given) { answer = std::move(given); });
        if (!QTest::qWaitFor([&] { return answer.has_value(); }, EnginePerson::PATIENCE_MS))
            return Error{ErrorCode::Timeout, "no answer"};
        return *answer;
    }
    Result<QList<HistoryEntry>> history(EnginePerson &person, const QString &words = {})
    {
        return ask<QList<HistoryEntry>>([&](auto done) {
            person.engine().searchHistory({words, 0, 100}, this, std::move(done));
        });
    }
    Result<void> rule(EnginePerson &person, const QString &name, const ContactRule &rule)
    {
        return ask<void>(
            [&](auto done) { person.engine().setContactRule(name, rule, this, std::move(done)); });
    }

    /// Large enough, and slow enough, that the notes can change before they are sent.
    static SendRequest filmAndNotes(EnginePerson &person)
    {
        const QString folder = person.folder() + "/d";
        QDir().mkpath(folder);
        QFile::rename(person.makeFile("film", 6'000'000), folder + "/film");
        QFile::rename(person.makeFile("notes", 1'000), folder + "/notes");
        SendRequest request;
        request.paths = {folder};
        request.contact = "bob";
        request.bytesPerSecond = 3'000'000;
        return request;
    }
    static bool changeNotes(EnginePerson &person)
    {
        QFile notes(person.folder() + "/d/notes");
        return notes.open(QIODevice::WriteOnly) && notes.write(NOTES_NOW) == NOTES_NOW.size();
    }

private slots:
    void init()
    {
        m_server = std::make_unique<RendezvousProcess>();
        QVERIFY2(m_server->start(), qPrintable(m_server->problem()));
    }
    void cleanup() { m_server.reset(); }

    void pausesAndGoesOn_data()
    {
        QTest::addColumn<bool>("bySender");
        QTest::newRow("sender") << true;
        QTest::newRow("receiver") << false;
    }
    void pausesAndGoesOn()
    {
        QFETCH(const bool, bySender);
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        SendRequest slow;
        slow.paths = {anna.makeFile("film", 6'000'000)};
        slow.contact = "bob";
        slow.bytesPerSecond = 2'000'000;
        const auto id = anna.engine().send(slow);
        QVERIFY(!anna.waitFor(id, [](const auto &t) { return t.bytes > 0; }).finished());
        (bySender ? anna : bob).engine().pauseTransfer(id);
        for (auto *person : {&anna, &bob}) {
            const auto paused =
                person->waitFor(id, [](const auto &t) { return t.state == TransferState::Paused; });
            QCOMPARE(paused.state, TransferState::Paused);
            const bool own = (person == &anna) == bySender;
            QCOMPARE(paused.pausedBy, own ? PausedBy::Us : PausedBy::Them);
        }
        (bySender ? anna : bob).engine().setTransferLimit(id, 0);
        anna.engine().setTransferLimit(id, 0);
        (bySender ? anna : bob).engine().resumeTransfer(id);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
        QCOMPARE(EnginePerson::contentOf(bob.inbox() + "/film"),
                 EnginePerson::contentOf(slow.paths.first()));
    }

    void bringsWhatChangedIntoTheFolderThatCame_data()
    {
        QTest::addColumn<AcceptPolicy>("policy");
        QTest::newRow("taken at once") << AcceptPolicy::Contacts;
        QTest::newRow("asked about") << AcceptPolicy::Ask;
    }
    void bringsWhatChangedIntoTheFolderThatCame()
    {
        QFETCH(const AcceptPolicy, policy);
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(policy);
        const QString chosen = bob.folder() + (policy == AcceptPolicy::Ask ? "/chosen" : "/inbox");
        QVERIFY(QDir().mkpath(chosen));
        const auto id = anna.engine().send(filmAndNotes(anna));
        if (policy == AcceptPolicy::Ask) {
            const auto offer = bob.waitForOffer();
            QVERIFY(offer);
            bob.engine().acceptOffer(offer->id, AcceptTerms{chosen, {}});
        }
        QVERIFY(!anna.waitFor(id, [](const auto &t) { return t.bytes > 0; }).finished());
        QVERIFY(changeNotes(anna));
        QCOMPARE(anna.waitForEnd(id).problem->code, ErrorCode::FileChanged);
        if (policy == AcceptPolicy::Ask) {
            const auto offer = bob.waitForOffer();
            QVERIFY(offer);
            QVERIFY(offer->id != id);
            QCOMPARE(offer->destination, chosen);
            QVERIFY(!QFile::exists(chosen + "/d/notes"));
            bob.engine().acceptOffer(offer->id);
        }
        QTRY_COMPARE_WITH_TIMEOUT(EnginePerson::contentOf(chosen + "/d/notes"), NOTES_NOW,
                                  EnginePerson::PATIENCE_MS);
        const auto all = QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot;
        QTRY_COMPARE_WITH_TIMEOUT(QDir(chosen).entryList(all), QStringList{"d"},
                                  EnginePerson::PATIENCE_MS);
    }

    /// The receiver is away, and the sender's program ends meanwhile.
    void bringsWhatChangedInALaterLife()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        SendRequest request = filmAndNotes(anna);
        request.waitForContact = true;
        const auto id = anna.engine().send(request);
        QVERIFY(!anna.waitFor(id, [](const auto &t) { return t.bytes > 0; }).finished());
        QVERIFY(changeNotes(anna));
        bob.engine().setReceiving({});
        QVERIFY(QTest::qWaitFor([&] { return !anna.contact("bob")->receiving(); },
                                EnginePerson::PATIENCE_MS));
        QCOMPARE(anna.waitForEnd(id).problem->code, ErrorCode::FileChanged);
        QList<QueuedSend> queue;
        QVERIFY(QTest::qWaitFor(
            [&] {
                const auto listed = ask<QList<QueuedSend>>(
                    [&](auto done) { anna.engine().listQueue(this, std::move(done)); });
                queue = listed ? *listed : QList<QueuedSend>();
                return !queue.isEmpty() && queue.first().id != id;
            },
            EnginePerson::PATIENCE_MS));
        anna.restart();
        QVERIFY(anna.connectAgain());
        bob.receive(AcceptPolicy::Contacts);
        QVERIFY(anna.waitUntilReceives("bob"));
        SendRequest again;
        again.contact = "bob";
        again.queued = queue.first().id;
        QCOMPARE(anna.waitForEnd(anna.engine().send(again)).state, TransferState::Delivered);
        QCOMPARE(bob.inboxNames(), QStringList{"d"});
        QCOMPARE(EnginePerson::contentOf(bob.inbox() + "/d/notes"), NOTES_NOW);
    }

    void waitsForAContactThatIsOffline()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        const DeviceId device = anna.contact("bob")->devices.first().id;
        bob.quit();
        QVERIFY(QTest::qWaitFor([&] { return !anna.contact("bob")->online(); },
                                EnginePerson::PATIENCE_MS));
        SendRequest request;
        request.contact = "bob";
        request.waitForContact = true;
        QList<TransferId> ids;
        for (const char *name : {"one", "two", "three"}) {
            request.paths = {anna.makeFile(name, 3'000)};
            request.device = name == QByteArray("two") ? std::nullopt : std::optional(device);
            ids.append(anna.engine().send(request));
        }
        const auto waits = [](int place) {
            return [place](const TransferInfo &t) {
                return t.state == TransferState::WaitingForContact && t.place == place;
            };
        };
        QCOMPARE(anna.waitFor(ids[2], waits(2)).place, 2);
        anna.engine().moveTransfer(ids[2], 0);
        QCOMPARE(anna.waitFor(ids[2], waits(0)).place, 0);
        QCOMPARE(anna.waitFor(ids[0], waits(1)).place, 1);
        anna.engine().cancelTransfer(ids[1]);
        QCOMPARE(anna.waitForEnd(ids[1]).state, TransferState::Cancelled);

        bob.restart();
        QVERIFY(bob.connectAgain());
        bob.receive(AcceptPolicy::Contacts);
        QCOMPARE(anna.waitForEnd(ids[2]).state, TransferState::Delivered);
        QCOMPARE(anna.waitForEnd(ids[0]).state, TransferState::Delivered);
        QCOMPARE(bob.inboxNames(), (QStringList{"one", "three"}));
    }

    void triesAgainWhatWasDeclined()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const auto id = anna.send({anna.makeFile("plan", 5'000)}, "bob");
        const auto offer = bob.waitForOffer();
        QVERIFY(offer);
        bob.engine().declineOffer(offer->id);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Declined);
        bob.receive(AcceptPolicy::Contacts);
        anna.engine().retryTransfer(id);
        QCOMPARE(anna.waitFor(id, [](const auto &t) { return t.state == TransferState::Delivered; })
                     .state,
                 TransferState::Delivered);
        QCOMPARE(bob.inboxNames(), QStringList{"plan"});
    }

    void obeysARuleForAContact()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const QString own = bob.folder() + "/from anna";
        QVERIFY(QDir().mkpath(own));
        QVERIFY(rule(bob, "anna", {ContactRule::Take::BelowSize, 10'000, own}).ok());
        QTRY_COMPARE(bob.contact("anna")->rule.value_or(ContactRule()).into, own);
        const auto small = anna.send({anna.makeFile("small", 9'000)}, "bob");
        QCOMPARE(anna.waitForEnd(small).state, TransferState::Delivered);
        QVERIFY(QFile::exists(own + "/small"));
        const auto large = anna.send({anna.makeFile("large", 11'000)}, "bob");
        const auto offer = bob.waitForOffer();
        QVERIFY(offer);
        QCOMPARE(offer->id, large);
        QVERIFY(rule(bob, "anna", {ContactRule::Take::Never, 0, {}}).ok());
        bob.engine().declineOffer(offer->id);
        const auto never = anna.send({anna.makeFile("never", 10)}, "bob");
        QCOMPARE(anna.waitForEnd(never).state, TransferState::Declined);
        bob.restart(); // it is kept
        QVERIFY(bob.connectAgain());
        QVERIFY(QTest::qWaitFor([&] { return bob.contact("anna").has_value(); },
                                EnginePerson::PATIENCE_MS));
        QTRY_VERIFY(bob.contact("anna")->rule);
        QCOMPARE(bob.contact("anna")->rule->take, ContactRule::Take::Never);
    }

    void asksAgainWhereAFolderCannotTakeIt()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const auto id = anna.send({anna.makeFile("one", 1'000)}, "bob");
        const auto offer = bob.waitForOffer();
        QVERIFY(offer);
        QSignalSpy asked(&bob.engine(), &Engine::offerReceived);
        bob.engine().acceptOffer(id, AcceptTerms{"/no/such/folder", {}});
        QVERIFY(QTest::qWaitFor([&] { return asked.size() == 1; }, EnginePerson::PATIENCE_MS));
        const auto again = asked.first().first().value<OfferInfo>();
        QCOMPARE(again.id, id);
        QVERIFY(again.problem && again.problem->message.contains("/no/such/folder"));
        bob.engine().acceptOffer(id);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
        QCOMPARE(bob.inboxNames(), QStringList{"one"});
    }

    void tellsTheSenderWhereARuleCannotBeObeyed()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const QString own = bob.folder() + "/from anna";
        QVERIFY(QDir().mkpath(own));
        QVERIFY(rule(bob, "anna", {ContactRule::Take::Always, 0, own}).ok());
        QTRY_COMPARE(bob.contact("anna")->rule.value_or(ContactRule()).into, own);
        QVERIFY(QDir(own).removeRecursively());
        const auto sent = anna.waitForEnd(anna.send({anna.makeFile("two", 1'000)}, "bob"));
        QCOMPARE(sent.state, TransferState::Declined);
        QVERIFY2(sent.problem && sent.problem->message.contains("folder"),
                 qPrintable(sent.problem ? sent.problem->message : QString()));
    }

    void refusesATextThatNobodyCanRead()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        SendRequest request;
        request.contact = "bob";
        request.text = QString("a") + QChar(u'\0') + "b";
        const auto sent = anna.waitForEnd(anna.engine().send(request));
        QCOMPARE(sent.state, TransferState::Failed);
        QCOMPARE(sent.problem->code, ErrorCode::InvalidArgument);
        QVERIFY(sent.problem->message.contains("U+0000"));
    }

    void takesPartOfAnOffer()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        bob.receive(AcceptPolicy::Ask);
        const auto one = anna.makeFile("one", 1'000), two = anna.makeFile("two", 2'000);
        const auto id = anna.send({one, two}, "bob");
        const auto offer = bob.waitForOffer();
        QVERIFY(offer);
        QCOMPARE(offer->entries.size(), 2);
        bob.engine().acceptOffer(offer->id, AcceptTerms{{}, {0}});
        const auto sent = anna.waitForEnd(id);
        QCOMPARE(sent.state, TransferState::Delivered);
        QCOMPARE(sent.files, 1);
        QCOMPARE(bob.inboxNames(), QStringList{"two"});
    }

    void deliversATextIntoTheHistory()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        SendRequest request;
        request.text = QStringLiteral("https://example.org/?q=<b>bold</b>");
        request.contact = "bob";
        const auto id = anna.engine().send(request);
        QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
        const auto received = bob.waitForEnd(id);
        QCOMPARE(received.state, TransferState::Delivered);
        QCOMPARE(received.text, request.text);
        const auto kept = history(bob, "example.org");
        QVERIFY(kept.ok());
        QCOMPARE(kept->size(), 1);
        QCOMPARE(kept->first().text, request.text);

        request.text = QString(TEXT_LIMIT + 1, u'x');
        QCOMPARE(anna.waitForEnd(anna.engine().send(request)).state, TransferState::Failed);
    }

    void remembersWhatIsOver()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        const auto id = anna.send({anna.makeFile("letter.txt", 3'000)}, "bob");
        const auto sent = anna.waitForEnd(id);
        QCOMPARE(sent.state, TransferState::Delivered);
        for (auto *person : {&anna, &bob}) {
            QVERIFY(QTest::qWaitFor([&] { return history(*person)->size() == 1; },
                                    EnginePerson::PATIENCE_MS));
            const auto entry = history(*person, "letter")->first();
            QCOMPARE(entry.id, id);
            QCOMPARE(entry.contact, person == &anna ? QString("bob") : QString("anna"));
            QCOMPARE(entry.direction, person == &anna ? Direction::Sending : Direction::Receiving);
            QCOMPARE(entry.bytes, 3'000);
            QCOMPARE(entry.result, TransferState::Delivered);
            QCOMPARE(entry.pathKinds, QStringList{"lan"});
            const auto files = ask<HistoryFilesPage>([&](auto done) {
                person->engine().historyFiles({entry.key}, this, std::move(done));
            });
            QVERIFY(files.ok());
            QCOMPARE(files->files.size(), 1);
            QVERIFY(files->last);
            QCOMPARE(files->files.first().path, QString("letter.txt"));
            const auto hash = ask<QByteArray>([&](auto done) {
                anna.engine().hashFile(anna.folder() + "/letter.txt", this, std::move(done));
            });
            QVERIFY(hash.ok());
            QCOMPARE(files->files.first().hash.toHex(), hash->toHex());
        }
        const QString out = anna.folder() + "/history.csv";
        QVERIFY(ask<void>([&](auto done) {
                    anna.engine().exportHistory(out, this, std::move(done));
                }).ok());
        QVERIFY(EnginePerson::contentOf(out).contains("letter.txt"));
        QVERIFY(ask<void>([&](auto done) {
                    anna.engine().clearHistory(0, this, std::move(done));
                }).ok());
        QVERIFY(history(anna)->isEmpty());
    }

    void limitsAllTransfersTogether()
    {
        EnginePerson anna("anna"), bob("bob");
        QVERIFY(introduce(*m_server, anna, bob));
        anna.engine().setRateLimits({300'000, 0, false});
        QList<TransferId> ids;
        for (const char *name : {"a", "b", "c"})
            ids.append(anna.send({anna.makeFile(name, 900'000)}, "bob"));
        for (const auto &id : ids)
            QVERIFY(!anna.waitFor(id, [](const auto &t) { return t.bytes > 0; }).finished());
        anna.engine().setRateLimits({});
        for (const auto &id : ids)
            QCOMPARE(anna.waitForEnd(id).state, TransferState::Delivered);
    }
};

QTEST_GUILESS_MAIN(EngineTransfersTest)
#include "engine_transfers_test.moc"
