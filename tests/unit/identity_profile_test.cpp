// What a profile remembers: the account, the pins, the key file; and the safety number.

#include "core/base/random.h"
#include "core/identity/pin_store.h"
#include "core/identity/profile.h"
#include "core/identity/safety_number.h"
#include "core/identity/secret_store.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <thread>
#include <unistd.h>

using namespace postern;

namespace {

DeviceId device(quint8 number)
{
    std::array<std::uint8_t, DeviceId::LENGTH> bytes{};
    bytes.fill(number);
    return DeviceId(bytes);
}

QList<DeviceId> devices(const QString &letters)
{
    QList<DeviceId> list;
    for (const QChar c : letters)
        list.append(device(static_cast<quint8>(c.unicode())));
    return list;
}

/// "aF bV" : device a FirstSeen, device b Verified.
QString written(const Pins &pins)
{
    static const QString LETTERS = QStringLiteral("FVNC");
    QStringList words;
    for (const Pin &pin : pins)
        words.append(QString(QChar(pin.device.view()[0])) + LETTERS[static_cast<int>(pin.state)]);
    return words.join(u' ');
}

Pins parsed(const QString &text)
{
    Pins pins;
    for (const QString &word : text.split(u' ', Qt::SkipEmptyParts))
        pins.append({device(static_cast<quint8>(word[0].unicode())),
                     static_cast<PinState>(QStringLiteral("FVNC").indexOf(word[1]))});
    return pins;
}

void writeFile(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(content);
}

QString modeOf(const QString &path)
{
    return QString::number(static_cast<int>(QFileInfo(path).permissions()) & 0x777, 16);
}

} // namespace

class IdentityProfileTest : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = m_folder->filePath(QStringLiteral("deep/profile"));
    }

    // --- pins: the decision --------------------------------------------------------

    void decides_data()
    {
        QTest::addColumn<QString>("before");
        QTest::addColumn<QString>("told");
        QTest::addColumn<QString>("after");
        QTest::newRow("first meeting pins all") << ""
                                                << "ab"
                                                << "aF bF";
        QTest::newRow("nothing told yet") << ""
                                          << ""
                                          << "";
        QTest::newRow("the same again") << "aF bV"
                                        << "ab"
                                        << "aF bV";
        QTest::newRow("nothing told keeps pins") << "aF"
                                                 << ""
                                                 << "aF";
        QTest::newRow("a further device") << "aF"
                                          << "ab"
                                          << "aF bN";
        QTest::newRow("a further device of a verified contact") << "aV"
                                                                << "ba"
                                                                << "aV bN";
        QTest::newRow("one of two gone") << "aF bF"
                                         << "b"
                                         << "aF bF";
        QTest::newRow("all replaced") << "aF"
                                      << "b"
                                      << "aF bC";
        QTest::newRow("all replaced, verified") << "aV bV"
                                                << "cd"
                                                << "aV bV cC dC";
        QTest::newRow("a new one stays new") << "aF bN"
                                             << "ab"
                                             << "aF bN";
        QTest::newRow("the pinned one goes, the new one stays") << "aF bN"
                                                                << "b"
                                                                << "aF bC";
        QTest::newRow("a changed one stays so when the pinned one is back") << "aF bC"
                                                                            << "ab"
                                                                            << "aF bC";
        QTest::newRow("swapped back and forth") << "aF bC"
                                                << "c"
                                                << "aF bC cC";
        QTest::newRow("told twice in one list") << ""
                                                << "aa"
                                                << "aF";
    }
    void decides()
    {
        QFETCH(QString, before);
        QFETCH(QString, told);
        QFETCH(QString, after);
        const Pins result = observed(parsed(before), devices(told));
        QCOMPARE(written(result), after);
        QCOMPARE(written(observed(result, devices(told))), after); // telling again changes nothing
    }

    /// A hostile server may tell any devices in any order: only those of the first meeting and
    /// those that a person accepted ever become usable.
    void neverUsesAKeyNoOneAccepted()
    {
        for (quint64 seed = 1; seed <= 200; ++seed)
            playHostileServer(seed);
    }

private:
    void playHostileServer(quint64 seed)
    {
        const RandomSource random = seededRandom(seed);
        Pins pins;
        QString accepted;
        for (int step = 0; step < 40; ++step) {
            std::array<std::uint8_t, 6> dice{};
            random(dice);
            QString told;
            for (int i = 0; i < dice[0] % 5; ++i)
                told += QChar(static_cast<char16_t>(u'a' + dice[static_cast<size_t>(i) + 1] % 12));
            if (accepted.isEmpty())
                accepted = told;
            pins = observed(pins, devices(told));
            if (dice[5] % 10 == 0) {
                const QChar chosen(static_cast<char16_t>(u'a' + dice[1] % 12));
                pins = trusted(pins, device(static_cast<quint8>(chosen.unicode())));
                accepted += chosen;
            }
            for (const Pin &pin : pins) {
                if (isUsable(pin.state))
                    QVERIFY2(accepted.contains(QChar(pin.device.view()[0])),
                             qPrintable(QStringLiteral("seed %1").arg(seed)));
            }
        }
    }

private slots:

    void personsDecide()
    {
        QCOMPARE(written(trusted(parsed("aF bN"), device('b'))), QStringLiteral("aF bF"));
        QCOMPARE(written(trusted(parsed("aF bC cC"), device('b'))), QStringLiteral("aF bF cC"));
        QCOMPARE(written(trusted(parsed("aV"), device('a'))), QStringLiteral("aV"));
        QCOMPARE(written(trusted({}, device('a'))), QStringLiteral("aF"));
        QCOMPARE(written(verified(devices("bc"))), QStringLiteral("bV cV"));
    }

    void manyDevicesAreBounded()
    {
        Pins pins = observed({}, devices("a"));
        for (int i = 0; i < 200; ++i)
            pins = observed(pins, {device('a'), device(static_cast<quint8>(i))});
        QCOMPARE(pins.size(), MOST_PINS);
        QVERIFY(!stateOf(pins, device(199)).has_value());
        pins = trusted(pins, device(199)); // a decision finds room all the same
        QCOMPARE(stateOf(pins, device(199)).value(), PinState::FirstSeen);
        QCOMPARE(stateOf(pins, device('a')).value(), PinState::FirstSeen);
    }

    // --- pins: remembered ----------------------------------------------------------

    void pinsSurviveARestart()
    {
        {
            PinStore store = openPins();
            QVERIFY(store.observe("bob", devices("a")).ok());
            QVERIFY(store.observe("bob", devices("ab")).ok());
            QVERIFY(store.markVerified("carol", devices("c")).ok());
            QVERIFY(store.mayUse("bob", device('a')));
            QVERIFY(!store.mayUse("bob", device('b')));
        }
        PinStore store = openPins();
        QCOMPARE(store.state("bob", device('a')).value(), PinState::FirstSeen);
        QCOMPARE(store.state("bob", device('b')).value(), PinState::New);
        QCOMPARE(store.state("carol", device('c')).value(), PinState::Verified);
        QVERIFY(!store.state("bob", device('z')).has_value());
        QVERIFY(store.observe("bob", devices("z")).ok());
        QCOMPARE(store.state("bob", device('z')).value(), PinState::Changed);
        QVERIFY(store.trustDevice("bob", device('z')).ok());
        QVERIFY(store.mayUse("bob", device('z')));
    }

    void accountsAreKeptApart()
    {
        QVERIFY(openPins().observe("bob", devices("a")).ok());
        auto other = PinStore::open(profile(), "alice", "elsewhere:7788");
        QVERIFY(!other->mayUse("bob", device('a')));
    }

    void onlyAPersonForgets()
    {
        PinStore store = openPins();
        QVERIFY(store.observe("bob", devices("a")).ok());
        QVERIFY(store.observe("bob", {}).ok()); // the server says that bob has no devices
        QVERIFY(store.observe("bob", devices("b")).ok());
        QVERIFY(!store.mayUse("bob", device('b')));
        QVERIFY(store.forget("bob").ok());
        QVERIFY(store.observe("bob", devices("b")).ok());
        QVERIFY(store.mayUse("bob", device('b')));
    }

    void twoProcessesSeeEachOthersDecisions()
    {
        PinStore one = openPins();
        PinStore other = openPins();
        QVERIFY(one.observe("bob", devices("a")).ok());
        QVERIFY(other.mayUse("bob", device('a')));
        QVERIFY(other.observe("bob", devices("b")).ok()); // not a first meeting any more
        QCOMPARE(one.state("bob", device('b')).value(), PinState::Changed);
    }

    void manyWritersLoseNothing()
    {
        const Profile folder = profile();
        std::vector<std::thread> writers;
        writers.reserve(4);
        for (int writer = 0; writer < 4; ++writer)
            writers.emplace_back([&folder, writer] {
                auto store = PinStore::open(folder, "alice", "server:7788");
                for (int i = 0; i < 10; ++i)
                    (void)store->observe(QStringLiteral("c%1-%2").arg(writer).arg(i), devices("a"));
            });
        for (auto &writer : writers)
            writer.join();
        PinStore store = openPins();
        for (int writer = 0; writer < 4; ++writer)
            for (int i = 0; i < 10; ++i)
                QVERIFY(store.mayUse(QStringLiteral("c%1-%2").arg(writer).arg(i), device('a')));
    }

    void damagedPinsAreNeverAFirstMeeting_data()
    {
        QTest::addColumn<QByteArray>("content");
        QTest::newRow("not JSON") << QByteArray("{\"contacts\": {");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("a list") << QByteArray("[]");
        QTest::newRow("contacts of another type") << QByteArray("{\"contacts\": 3}");
        QTest::newRow("pins of another type") << QByteArray("{\"contacts\": {\"bob\": 3}}");
        QTest::newRow("id cut short")
            << QByteArray("{\"contacts\": {\"bob\": [{\"device\":\"6161\",\"state\":\"new\"}]}}");
    }
    void damagedPinsAreNeverAFirstMeeting()
    {
        QFETCH(QByteArray, content);
        QVERIFY(openPins().observe("bob", devices("a")).ok());
        const QString path = QDir(m_path).entryInfoList({"pins-*.json"}).value(0).filePath();
        QVERIFY(!path.isEmpty());
        writeFile(path, content);
        const auto store = PinStore::open(profile(), "alice", "server:7788");
        QVERIFY(!store.ok());
        QCOMPARE(store.error().code, ErrorCode::Corrupt);
    }

    void anUnknownStateIsNotUsable()
    {
        QVERIFY(openPins().observe("bob", devices("a")).ok());
        const QString path = QDir(m_path).entryInfoList({"pins-*.json"}).value(0).filePath();
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray content = file.readAll().replace("first-seen", "super-trusted");
        writeFile(path, content);
        QVERIFY(!openPins().mayUse("bob", device('a')));
    }

    // --- profile -------------------------------------------------------------------

    void profileIsMadeOwnerOnly()
    {
        const Profile made = profile();
        QCOMPARE(modeOf(made.folder()), QStringLiteral("700"));
        QVERIFY(made.storeAccount({"host:1", "alice", "laptop", {}}).ok());
        QCOMPARE(modeOf(made.filePath("account.json")), QStringLiteral("600"));
    }

    void refusesFoldersOfOthers()
    {
        QVERIFY(QDir().mkpath(m_path));
        QVERIFY(QFile::setPermissions(m_path, QFile::Permissions(0x7770)));
        const auto open = Profile::open(m_path);
        QVERIFY(!open.ok());
        QVERIFY(open.error().message.contains("chmod 700"));
        if (::geteuid() != 0)
            QVERIFY(!Profile::open("/").ok());
        writeFile(m_folder->filePath("file"), "x");
        QVERIFY(!Profile::open(m_folder->filePath("file")).ok());
        QVERIFY(!Profile::open(m_folder->filePath("file/below")).ok());
        QVERIFY(!Profile::open({}).ok());
    }

    void accountIsRemembered()
    {
        const StoredAccount account{"host:1#sha256:00", "алиса", "laptop", QByteArray(32, 'x')};
        QVERIFY(!profile().account()->has_value());
        QVERIFY(profile().storeAccount(account).ok());
        QCOMPARE(profile().account()->value(), account);
        QVERIFY(profile().forgetAccount().ok());
        QVERIFY(!profile().account()->has_value());
        QVERIFY(profile().forgetAccount().ok());
    }

    void accountFileIsReadWithTolerance()
    {
        const QString path = profile().filePath("account.json");
        writeFile(path, R"({"server":"host","user":"alice","later":{"x":[1]}})");
        QCOMPARE(profile().account()->value().user, QStringLiteral("alice"));
        writeFile(path, R"({"server":"host","user":7,"server_certificate_sha256":"zz"})");
        QVERIFY(!profile().account()->has_value());
        writeFile(path, "{");
        QCOMPARE(profile().account().error().code, ErrorCode::Corrupt);
        writeFile(path, QByteArray(1'000'000, ' '));
        QCOMPARE(profile().account().error().code, ErrorCode::Corrupt);
        QVERIFY(profile().storeAccount({"host:1", "alice", "laptop", {}}).ok()); // mends it
        QVERIFY(profile().account()->has_value());
    }

    // --- secrets without a keychain --------------------------------------------------

    void fileStoreKeepsAKey()
    {
        const Profile folder = profile();
        FileStore store(folder);
        QVERIFY(!readFrom(store, "device-key")->has_value());
        QVERIFY(writeTo(store, "device-key", "secret").ok());
        QCOMPARE(modeOf(folder.filePath("device-key.secret")), QStringLiteral("600"));
        FileStore again(folder);
        QCOMPARE(readFrom(again, "device-key")->value(), QByteArray("secret"));

        QFile::setPermissions(folder.filePath("device-key.secret"), QFile::Permissions(0x6640));
        QCOMPARE(readFrom(again, "device-key").error().code, ErrorCode::SecretsUnavailable);
        bool called = false;
        again.whenAvailable([&] { called = true; });
        QCoreApplication::processEvents();
        QVERIFY(!called); // whoever tries again when called would do so for ever
        QVERIFY(removeFrom(again, "device-key").ok());
        QVERIFY(removeFrom(again, "device-key").ok());
        QVERIFY(!readFrom(again, "device-key")->has_value());
        QVERIFY(!writeTo(again, "device-key", QByteArray(10'000, 'x')).ok());
    }

    void sessionOnlyStoreForgets()
    {
        SessionOnlyStore store;
        QVERIFY(writeTo(store, "device-key", "secret").ok());
        QCOMPARE(readFrom(store, "device-key")->value(), QByteArray("secret"));
        QVERIFY(removeFrom(store, "device-key").ok());
        QVERIFY(!readFrom(store, "device-key")->has_value());
    }

    // --- safety number ---------------------------------------------------------------

    void safetyNumberIsTheSameOnBothSides()
    {
        const SafetyParty alice{"alice", {"key 1", "key 2"}};
        const SafetyParty aliceOtherOrder{"alice", {"key 2", "key 1", "key 1"}};
        const SafetyParty bob{"bob", {"key 3"}};
        const QString number = safetyNumber(alice, bob);
        QCOMPARE(safetyNumber(bob, aliceOtherOrder), number);
        static const QRegularExpression form(QStringLiteral("^([0-9]{5} ){11}[0-9]{5}$"));
        QVERIFY2(form.match(number).hasMatch(), qPrintable(number));
        // What a person wrote down last year must still hold (computed once by a Python script).
        QCOMPARE(number,
                 QStringLiteral("39358 54440 29562 09430 71036 09822 "
                                "82542 01977 21136 14955 29405 97687"));
    }

    void safetyNumberFollowsEveryKeyAndName()
    {
        const SafetyParty bob{"bob", {"key 3"}};
        QSet<QString> numbers;
        const QList<SafetyParty> others{{"alice", {"key 1"}},
                                        {"alice", {"key 2"}},
                                        {"alice", {"key 1", "key 2"}},
                                        {"alice", {"key 1key 2"}},
                                        {"alicf", {"key 1"}}};
        for (const SafetyParty &alice : others)
            numbers.insert(safetyNumber(alice, bob));
        QCOMPARE(numbers.size(), others.size());
        QVERIFY(safetyNumber({"alice", {}}, bob).isEmpty());
    }

private:
    Profile profile() { return Profile::open(m_path).value(); }
    PinStore openPins() { return PinStore::open(profile(), "alice", "server:7788").value(); }

    template<typename T, typename Call> static Result<T> answerOf(Call call)
    {
        std::optional<Result<T>> answer;
        call([&](Result<T> result) { answer.emplace(std::move(result)); });
        if (answer)
            return Error{ErrorCode::Internal, QStringLiteral("answered from inside the call")};
        if (!QTest::qWaitFor([&] { return answer.has_value(); }))
            return Error{ErrorCode::Timeout, QStringLiteral("no answer")};
        return *answer;
    }
    static Result<std::optional<QByteArray>> readFrom(SecretStore &store, const QString &name)
    {
        return answerOf<std::optional<QByteArray>>(
            [&](auto done) { store.read(name, std::move(done)); });
    }
    static Result<void> writeTo(SecretStore &store, const QString &name, const QByteArray &secret)
    {
        return answerOf<void>([&](auto done) { store.write(name, secret, std::move(done)); });
    }
    static Result<void> removeFrom(SecretStore &store, const QString &name)
    {
        return answerOf<void>([&](auto done) { store.remove(name, std::move(done)); });
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    QString m_path;
};

QTEST_GUILESS_MAIN(IdentityProfileTest)
#include "identity_profile_test.moc"
