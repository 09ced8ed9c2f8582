// Two windows, two real engines, a real rendezvous, a real drop: what Postern is for.

#include "tests/gui/stage.h"

#include "app/gui/dialogs/accept_prompt.h"
#include "app/gui/dialogs/add_contact_dialog.h"
#include "app/gui/flows/offer_flow.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/pages/welcome_page.h"
#include "app/gui/widgets/contact_delegate.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/status_line.h"
#include "app/gui/widgets/transfer_list.h"
#include "core/base/random.h"
#include "tests/support/rendezvous_process.h"

#include <QDir>
#include <QDropEvent>
#include <QFile>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QScreen>
#include <QUrl>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

namespace {

constexpr int PATIENCE_MS = 30'000;
constexpr qint64 FILE_BYTES = 24 * 1024 * 1024;

/// One person's program: everything real but the notifications of the desktop.
struct Person {
    explicit Person(Theme &look, const QString &deviceName = {},
                    AcceptPolicy policy = AcceptPolicy::Ask)
        : settings(profile.path())
        , theme(look)
    {
        downloads = profile.filePath(QStringLiteral("Downloads"));
        QDir().mkpath(downloads);
        settings.setDownloadFolder(downloads);
        settings.setAcceptPolicy(policy);
        EngineOptions options;
        options.profile = profile.filePath(QStringLiteral("postern"));
        options.secrets = SecretsMode::File;
        options.port = 0;
        options.deviceName = deviceName;
        engine = createEngine(options);
        window = std::make_unique<MainWindow>(*engine, settings, theme, notifier);
        window->start();
        window->show();
    }

    ContactList *contacts() const { return window->homePage()->contactList(); }
    ContactPage *page() const { return window->homePage()->contactPage(); }

    QModelIndex row(const QString &name) const
    {
        for (int i = 0; i < contacts()->model()->rowCount(); ++i) {
            const auto index = contacts()->model()->index(i, 0);
            if (index.data(ContactModel::NameRole).toString() == name)
                return index;
        }
        return {};
    }

    bool seesReceiving(const QString &name) const
    {
        return row(name).data(ContactModel::PresenceRole).toInt()
            == static_cast<int>(ContactModel::Presence::Receiving);
    }

    QTemporaryDir profile;
    QString downloads;
    Settings settings;
    Theme &theme;
    RecordingNotifier notifier;
    std::unique_ptr<Engine> engine;
    std::unique_ptr<MainWindow> window;
};

/// What really stands on the screen, for people to look at (./dev shots).
void keepShot(QWidget *window, const QString &name)
{
    const auto folder = qEnvironmentVariable("POSTERN_SHOTS_DIR");
    if (folder.isEmpty() || !QDir().mkpath(folder))
        return;
    window->raise(); // the windows of both people lie on one screen
    QTest::qWait(250); // rows gather updates for 100 ms, the server paints after that
    window->screen()->grabWindow(window->winId()).save(QDir(folder).filePath(name));
}

QByteArray contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

} // namespace

class GuiEndToEndTest : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void wrongPasswordAndServerDown();
    void twoPeopleMeetAndSend();
    void pictureForTheReadme();

private:
    void registerAs(Person &person, const QString &name);
    void befriend(Person &asking, Person &asked, const QString &askedName,
                  const QString &askingName);
    void dropOnto(Person &person, const QString &contact, const QStringList &paths);

    Theme m_theme;
    RendezvousProcess m_server;
};

void GuiEndToEndTest::initTestCase()
{
    if (QGuiApplication::platformName() != QLatin1String("xcb"))
        QSKIP("needs an X server: run it under Xvfb, as ./dev test does");
    m_theme.choose(ThemeChoice::Light);
    m_theme.dress(*qobject_cast<QApplication *>(QCoreApplication::instance()));
    QVERIFY2(m_server.start(), qPrintable(m_server.problem()));
}

void GuiEndToEndTest::registerAs(Person &person, const QString &name)
{
    auto *page = person.window->welcomePage();
    const auto fields = page->findChildren<QLineEdit *>();
    QTest::keyClicks(fields[0], m_server.address());
    QTest::keyClicks(fields[1], name);
    QTest::keyClicks(fields[2], "correct horse battery");
    QTest::keyClick(fields[2], Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(person.window->homePage()->isVisible(), PATIENCE_MS);
    QTRY_VERIFY_WITH_TIMEOUT(
        person.window->statusLine()->sentence().startsWith("Online as " + name), PATIENCE_MS);
}

void GuiEndToEndTest::befriend(Person &asking, Person &asked, const QString &askedName,
                               const QString &askingName)
{
    emit asking.window->homePage()->addContactWanted();
    auto *dialog = asking.window->findChild<AddContactDialog *>();
    QVERIFY(dialog);
    auto *name = dialog->findChild<QLineEdit *>();
    QTest::keyClicks(name, askedName);
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(!asking.window->findChild<AddContactDialog *>(), PATIENCE_MS);

    QTRY_VERIFY_WITH_TIMEOUT(asked.row(askingName).data(ContactModel::AsksRole).toBool(),
                             PATIENCE_MS);
    keepShot(asked.window.get(), "50-real-request.png");
    auto *list = asked.contacts();
    const auto row = list->visualRect(asked.row(askingName));
    const auto accept =
        list->rows()->buttonRect(ContactDelegate::Accept, row, asked.row(askingName));
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, accept.center());
    QTRY_VERIFY_WITH_TIMEOUT(asking.seesReceiving(askedName), PATIENCE_MS);
    QTRY_VERIFY_WITH_TIMEOUT(asked.seesReceiving(askingName), PATIENCE_MS);
}

void GuiEndToEndTest::dropOnto(Person &person, const QString &contact, const QStringList &paths)
{
    QMimeData data;
    QList<QUrl> urls;
    for (const auto &path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    auto *list = person.contacts();
    const auto at = list->visualRect(person.row(contact)).center();
    QDragEnterEvent enter(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(list->viewport(), &enter);
    QVERIFY(enter.isAccepted());
    QDragMoveEvent move(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(list->viewport(), &move);
    QVERIFY(move.isAccepted());
    QDropEvent drop(at, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(list->viewport(), &drop);
}

void GuiEndToEndTest::wrongPasswordAndServerDown()
{
    Person first(m_theme);
    registerAs(first, "carol");
    Person second(m_theme);
    auto *page = second.window->welcomePage();
    page->prefill({m_server.address(), "carol"});
    const auto fields = page->findChildren<QLineEdit *>();
    fields[2]->setText("not the password");
    QTest::keyClick(fields[2], Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(fields[2]->property("invalid").toBool(), PATIENCE_MS);
    keepShot(second.window.get(), "51-real-wrong-password.png");

    fields[0]->setText("127.0.0.1:1"); // nothing listens there
    QTest::keyClick(fields[2], Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(fields[0]->property("invalid").toBool(), PATIENCE_MS);
    QVERIFY(page->isVisible());
}

void GuiEndToEndTest::twoPeopleMeetAndSend()
{
    Person anna(m_theme);
    Person ben(m_theme);
    registerAs(anna, "anna");
    registerAs(ben, "ben");
    befriend(anna, ben, "ben", "anna");

    QTemporaryDir source;
    const auto path = source.filePath(QStringLiteral("Übersicht & plan 🌱.bin"));
    const auto content = randomBytes(FILE_BYTES);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write(content) == content.size());
    file.close();

    dropOnto(anna, "ben", {path});
    QTRY_VERIFY_WITH_TIMEOUT(ben.window->offers()->prompt(), PATIENCE_MS);
    auto *prompt = ben.window->offers()->prompt();
    QCOMPARE(prompt->offer().contact, QStringLiteral("anna"));
    QCOMPARE(prompt->offer().bytes, FILE_BYTES);
    QTRY_VERIFY(prompt->acceptButton()->isEnabled());
    keepShot(prompt, "52-real-accept-prompt.png");
    keepShot(anna.window.get(), "53-real-offered.png");
    QTest::mouseClick(prompt->acceptButton(), Qt::LeftButton);

    const auto word = [](const Person &person) {
        return person.page()
            ->transferList()
            ->model()
            ->index(0, 0)
            .data(TransferModel::StateRole)
            .toString();
    };
    ben.window->homePage()->choose("anna");
    QTRY_COMPARE_WITH_TIMEOUT(word(anna), QStringLiteral("Delivered"), PATIENCE_MS);
    QTRY_COMPARE_WITH_TIMEOUT(word(ben), QStringLiteral("Received"), PATIENCE_MS);
    keepShot(anna.window.get(), "54-real-delivered.png");
    keepShot(ben.window.get(), "55-real-received.png");

    const auto names =
        QDir(ben.downloads).entryList(QDir::AllEntries | QDir::NoDotAndDotDot | QDir::Hidden);
    QCOMPARE(names, QStringList(QFileInfo(path).fileName())); // and nothing half there beside it
    QVERIFY(contentOf(QDir(ben.downloads).filePath(names[0])) == content);

    // Back the other way, and declined: told to the sender, nothing written.
    dropOnto(ben, "anna", {path});
    QTRY_VERIFY_WITH_TIMEOUT(anna.window->offers()->prompt(), PATIENCE_MS);
    QTest::mouseClick(anna.window->offers()->prompt()->declineButton(), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(word(ben), QStringLiteral("Declined"), PATIENCE_MS);
    QVERIFY(QDir(anna.downloads).isEmpty());
}

void GuiEndToEndTest::pictureForTheReadme()
{
    if (qEnvironmentVariableIsEmpty("POSTERN_SHOTS_DIR"))
        QSKIP("only where pictures are wanted (POSTERN_SHOTS_DIR)");
    const auto takes = AcceptPolicy::Contacts;
    Person hanna(m_theme, "desk", takes);
    Person jonas(m_theme, "thinkpad", takes);
    Person mira(m_theme, "studio", takes);
    registerAs(hanna, "hanna");
    registerAs(jonas, "jonas");
    registerAs(mira, "mira");
    befriend(hanna, jonas, "jonas", "hanna");
    befriend(mira, hanna, "hanna", "mira");
    hanna.engine->markVerified("jonas", this, [](const auto &) {});
    {
        Person away(m_theme, "tower", takes);
        registerAs(away, "timo");
        befriend(hanna, away, "timo", "hanna");
        Person stranger(m_theme, "laptop", takes);
        registerAs(stranger, "aylin");
        stranger.engine->addContact("hanna", this, [](const auto &) {});
        QTRY_VERIFY_WITH_TIMEOUT(hanna.row("aylin").data(ContactModel::AsksRole).toBool(),
                                 PATIENCE_MS);
    }

    QTemporaryDir source;
    const auto make = [&source](const QString &name, qint64 bytes) {
        QFile file(source.filePath(name));
        QDir().mkpath(QFileInfo(file).path());
        const QByteArray some(1024 * 1024, 'p'); // holes would pass in no time
        if (file.open(QIODevice::WriteOnly))
            for (qint64 left = bytes; left > 0; left -= some.size())
                file.write(some.constData(), std::min<qint64>(left, some.size()));
        return file.fileName();
    };
    hanna.window->homePage()->choose("jonas");
    const auto *rows = hanna.page()->transferList()->model();
    const auto newestIs = [rows](const QString &word) {
        return rows->index(0, 0).data(TransferModel::StateRole).toString() == word;
    };
    for (int i = 1; i <= 48; ++i)
        make(QStringLiteral("Holiday photos/IMG_%1.jpg").arg(4200 + i), 3'100'000 + i * 7919);
    dropOnto(hanna, "jonas", {source.filePath("Holiday photos")});
    QTRY_VERIFY_WITH_TIMEOUT(newestIs("Delivered"), PATIENCE_MS);
    dropOnto(jonas, "hanna", {make("concert recording.flac", 212'000'000)});
    QTRY_VERIFY_WITH_TIMEOUT(newestIs("Received"), PATIENCE_MS);
    dropOnto(hanna, "jonas", {make("Garden plans.pdf", 18'400'000)});
    QTRY_VERIFY_WITH_TIMEOUT(newestIs("Delivered"), PATIENCE_MS);
    dropOnto(hanna, "jonas", {make("wedding film.mkv", 2'400'000'000)});
    QTRY_VERIFY_WITH_TIMEOUT(rows->index(0, 0).data(TransferModel::FractionRole).toDouble() > 0.4,
                             PATIENCE_MS);
    keepShot(hanna.window.get(), "60-real-main-window.png");
    hanna.engine->cancelTransfer(rows->index(0, 0).data(TransferModel::IdRole).value<TransferId>());
    QTRY_VERIFY_WITH_TIMEOUT(newestIs("Cancelled"), PATIENCE_MS);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiEndToEndTest>(argc, argv); }

#include "gui_end_to_end_test.moc"
