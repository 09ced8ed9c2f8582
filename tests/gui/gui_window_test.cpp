// The window driven as a person drives it: mouse, keyboard and drops, on a scripted engine.

#include "tests/gui/stage.h"

#include "app/gui/dialogs/add_contact_dialog.h"
#include "app/gui/dialogs/question.h"
#include "app/gui/dialogs/safety_number_dialog.h"
#include "app/gui/dialogs/send_text_dialog.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/pages/settings_page.h"
#include "app/gui/pages/welcome_page.h"
#include "app/gui/widgets/contact_delegate.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/empty_state.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/status_line.h"
#include "app/gui/widgets/transfer_delegate.h"
#include "app/gui/widgets/transfer_list.h"

#include <QClipboard>
#include <QComboBox>
#include <QDropEvent>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QUrl>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

namespace {

QPushButton *button(QWidget *parent, const QString &text)
{
    for (auto *candidate : parent->findChildren<QPushButton *>()) {
        auto plain = candidate->text();
        if (plain.remove(QLatin1Char('&')) == text && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

void click(QWidget *widget) { QTest::mouseClick(widget, Qt::LeftButton); }

void dropOn(QWidget *target, QPoint at, const QStringList &paths)
{
    QMimeData data;
    QList<QUrl> urls;
    for (const auto &path : paths)
        urls << QUrl::fromLocalFile(path);
    data.setUrls(urls);
    QDragEnterEvent enter(at, Qt::CopyAction | Qt::MoveAction, &data, Qt::LeftButton,
                          Qt::NoModifier);
    QCoreApplication::sendEvent(target, &enter);
    QDragMoveEvent move(at, Qt::CopyAction | Qt::MoveAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(target, &move);
    QDropEvent drop(at, Qt::CopyAction | Qt::MoveAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(target, &drop);
}

QList<ContactInfo> friends()
{
    return {contact("ben", {device(1, "thinkpad", true)}),
            contact("dora", {device(2, "desk", false)}),
            contact("emil", {device(3, "tower", true, KeyTrust::Changed)}),
            contact("farid", {}, ContactState::AsksUs)};
}

} // namespace

class GuiWindowTest : public QObject {
    Q_OBJECT

private slots:
    void firstRunRegisters();
    void welcomeTellsErrorsInPlace_data();
    void welcomeTellsErrorsInPlace();
    void emptyFieldsAreAskedFor();
    void storedAccountConnects();
    void emptyStates();
    void requestIsAnsweredInTheRow();
    void changedKeyBlocksUntilDecided();
    void contactIsAdded();
    void safetyNumberIsVerified();
    void dropOnContactSends();
    void dropOnPaneSends();
    void blockedContactTakesNoDrop();
    void pasteSends();
    void transferRowButtons();
    void keyboardReachesEverything();
    void statusLineSpeaks();
    void secretsProblemIsTold();
    void ownDeviceIsRevoked();
    void settingsAreKept();
    void signOutAsksFirst();
    void closingAsksWhileTransfersRun();
    void thousandRowsPaintQuickly();
};

void GuiWindowTest::firstRunRegisters()
{
    Stage stage;
    stage.engine.holdsAnswers = true;
    stage.window->start();
    stage.window->show();
    auto *page = stage.window->welcomePage();
    QVERIFY(page->isVisible());
    const auto fields = page->findChildren<QLineEdit *>();
    QCOMPARE(fields.size(), 4);
    QTest::keyClicks(fields[0], "meet.example.org:7788");
    QTest::keyClicks(fields[1], " anna ");
    QTest::keyClicks(fields[2], "correct horse");
    QTest::keyClicks(fields[3], "code");
    QCOMPARE(fields[2]->echoMode(), QLineEdit::Password);
    QTest::keyClick(fields[2], Qt::Key_E, Qt::ControlModifier);
    QTest::keyClick(fields[3], Qt::Key_Return);
    QCOMPARE(stage.engine.calls, QStringList("registerAccount anna@meet.example.org:7788 code"));
    QCOMPARE(stage.engine.lastPassword, QStringLiteral("correct horse"));
    QVERIFY(page->isBusy());
    QTest::keyClick(page, Qt::Key_Return); // a second try while one runs does nothing
    QCOMPARE(stage.engine.calls.size(), 1);
    stage.engine.answer();
    QVERIFY(stage.window->homePage()->isVisible());
    QVERIFY(fields[2]->text().isEmpty()); // the password is not kept
    QVERIFY(stage.engine.receiving.has_value());
}

void GuiWindowTest::welcomeTellsErrorsInPlace_data()
{
    QTest::addColumn<ErrorCode>("code");
    QTest::addColumn<int>("field"); // -1: beneath all
    QTest::newRow("wrong password") << ErrorCode::SignInRefused << 2;
    QTest::newRow("server down") << ErrorCode::Unavailable << 0;
    QTest::newRow("other certificate") << ErrorCode::ServerKeyChanged << 0;
    QTest::newRow("versions") << ErrorCode::Incompatible << 0;
    QTest::newRow("too many tries") << ErrorCode::LimitExceeded << -1;
}

void GuiWindowTest::welcomeTellsErrorsInPlace()
{
    QFETCH(ErrorCode, code);
    QFETCH(int, field);
    Stage stage;
    stage.window->start();
    stage.window->show();
    auto *page = stage.window->welcomePage();
    click(button(page, "I have one"));
    const auto fields = page->findChildren<QLineEdit *>();
    fields[0]->setText("h:1");
    fields[1]->setText("anna");
    fields[2]->setText("pw");
    const auto sentence = QStringLiteral("<b>Something</b> is wrong. Do this.");
    stage.engine.nextError = Error{code, sentence};
    click(button(page, "Sign in"));
    const auto told = [&] {
        for (const auto *label : page->findChildren<QLabel *>())
            if (label->isVisible() && label->text() == sentence)
                return label->textFormat() == Qt::PlainText;
        return false;
    };
    QTRY_VERIFY(told());
    QVERIFY(!page->isBusy());
    for (int i = 0; i < fields.size(); ++i)
        QCOMPARE(fields[i]->property("invalid").toBool(), i == field);
    QVERIFY(page->isVisible());
    QTest::keyClicks(fields[2], "x"); // typing takes the complaint away
    QVERIFY(!told());
}

void GuiWindowTest::emptyFieldsAreAskedFor()
{
    Stage stage;
    stage.window->start();
    stage.window->show();
    auto *page = stage.window->welcomePage();
    click(button(page, "Create account"));
    QVERIFY(stage.engine.calls.isEmpty());
    QVERIFY(page->findChildren<QLineEdit *>()[0]->property("invalid").toBool());
}

void GuiWindowTest::storedAccountConnects()
{
    Stage stage;
    stage.open({});
    QVERIFY(stage.engine.calls.contains("connectStored"));
    QVERIFY(stage.window->homePage()->isVisible());
    QCOMPARE(stage.engine.receiving->accept, AcceptPolicy::Ask);
    QCOMPARE(stage.engine.receiving->into, stage.profile.path());
}

void GuiWindowTest::emptyStates()
{
    Stage stage;
    stage.open({});
    auto *home = stage.window->homePage();
    QVERIFY(home->emptyContacts()->isVisible());
    stage.engine.setContacts({contact("dora", {device(2, "desk", false)})});
    QTRY_VERIFY(home->contactList()->isVisible());
    QVERIFY(home->contactPage()->emptyState()->sentence().contains("Nobody is online"));
    home->choose("dora");
    QVERIFY(home->contactPage()->emptyState()->sentence().contains("offline"));
    stage.engine.setContacts({contact("dora", {device(2, "desk", true)})});
    QTRY_VERIFY(home->contactPage()->emptyState()->sentence().contains("Drop files"));
    QCOMPARE(home->chosenContact(), QStringLiteral("dora"));
}

void GuiWindowTest::requestIsAnsweredInTheRow()
{
    Stage stage;
    stage.open(friends());
    auto *list = stage.window->homePage()->contactList();
    const auto index = list->model()->index(0, 0); // requests come first
    const auto row = list->visualRect(index);
    const auto rect = list->rows()->buttonRect(ContactDelegate::Accept, row, index);
    QVERIFY(row.contains(rect));
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, rect.center());
    QVERIFY(stage.engine.calls.contains("acceptContact farid"));
    stage.window->homePage()->choose("farid"); // the same with the keyboard, in the strip
    auto *strip = stage.window->homePage()->contactPage()->strip();
    QTest::keyClick(button(strip, "Refuse"), Qt::Key_Space);
    QVERIFY(stage.engine.calls.contains("refuseContact farid"));
}

void GuiWindowTest::changedKeyBlocksUntilDecided()
{
    Stage stage;
    stage.open(friends());
    auto *home = stage.window->homePage();
    home->choose("emil");
    QVERIFY(!home->contactPage()->sendFilesButton()->isEnabled());
    QVERIFY(home->contactPage()->strip()->sentence().contains("changed"));
    click(button(home->contactPage()->strip(), "Decide…"));
    auto *dialog = stage.window->findChild<SafetyNumberDialog *>();
    QVERIFY(dialog);
    QTest::keyClick(dialog, Qt::Key_Return); // the default keeps it blocked
    QTRY_VERIFY(!stage.window->findChild<SafetyNumberDialog *>());
    QVERIFY(stage.engine.calls.filter("trustDevice").isEmpty());
    click(button(home->contactPage()->strip(), "Decide…"));
    dialog = stage.window->findChild<SafetyNumberDialog *>();
    click(button(dialog, "Trust the new key"));
    QCOMPARE(stage.engine.calls.filter("trustDevice"),
             QStringList("trustDevice emil " + deviceId(3).shortHex()));
}

void GuiWindowTest::contactIsAdded()
{
    Stage stage;
    stage.open({});
    click(button(stage.window->homePage()->emptyContacts(), "Add a contact"));
    auto *dialog = stage.window->findChild<AddContactDialog *>();
    QVERIFY(dialog);
    auto *name = dialog->findChild<QLineEdit *>();
    stage.engine.nextError = Error{ErrorCode::LimitExceeded, QStringLiteral("Wait an hour.")};
    QTest::keyClicks(name, "ben");
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_VERIFY(name->isEnabled());
    QVERIFY(dialog->isVisible());
    QTest::keyClick(name, Qt::Key_Return);
    QTRY_VERIFY(!stage.window->findChild<AddContactDialog *>());
    QCOMPARE(stage.engine.calls.filter("addContact"),
             QStringList({"addContact ben", "addContact ben"}));
}

void GuiWindowTest::safetyNumberIsVerified()
{
    QCOMPARE(groupedDigits("1234567890 12345 67890 12345"),
             QStringLiteral("12345 67890 12345 67890\n12345"));
    Stage stage;
    stage.open({contact("carla", {device(1, "studio", true, KeyTrust::FirstSeen)})});
    auto *page = stage.window->homePage()->contactPage();
    emit page->safetyNumberWanted("carla");
    auto *dialog = stage.window->findChild<SafetyNumberDialog *>();
    QVERIFY(dialog);
    const auto digits = dialog->findChild<QLabel *>("digits")->text();
    QCOMPARE(digits.count(QLatin1Char('\n')), 2);
    click(button(dialog, "Copy"));
    QCOMPARE(QGuiApplication::clipboard()->text(), digits);
    click(button(dialog, "They are the same"));
    QVERIFY(stage.engine.calls.contains("markVerified carla"));
}

void GuiWindowTest::dropOnContactSends()
{
    Stage stage;
    stage.open(friends());
    auto *home = stage.window->homePage();
    auto *list = home->contactList();
    const auto index = list->model()->index(1, 0);
    QCOMPARE(index.data(ContactModel::NameRole).toString(), QStringLiteral("ben"));
    dropOn(list->viewport(), list->visualRect(index).center(), {"/etc/hostname", "/etc"});
    QCOMPARE(stage.engine.sent.size(), 1);
    QCOMPARE(stage.engine.sent[0].contact, QStringLiteral("ben"));
    QCOMPARE(stage.engine.sent[0].paths, QStringList({"/etc/hostname", "/etc"}));
    QCOMPARE(home->chosenContact(), QStringLiteral("ben"));
}

void GuiWindowTest::dropOnPaneSends()
{
    Stage stage;
    stage.open(friends());
    auto *home = stage.window->homePage();
    dropOn(home->contactPage(), {60, 60}, {"/etc/hostname"});
    QVERIFY(stage.engine.sent.isEmpty()); // nobody is chosen
    home->choose("dora");
    dropOn(home->contactPage(), {60, 60}, {"/etc/hostname"});
    QCOMPARE(stage.engine.sent.size(), 1);
    QCOMPARE(stage.engine.sent[0].contact, QStringLiteral("dora"));
    QVERIFY(!home->contactPage()->highlighted());
}

void GuiWindowTest::blockedContactTakesNoDrop()
{
    Stage stage;
    stage.open(friends());
    auto *list = stage.window->homePage()->contactList();
    for (int row = 0; row < list->model()->rowCount(); ++row) {
        const auto index = list->model()->index(row, 0);
        const auto name = index.data(ContactModel::NameRole).toString();
        if (name == "emil" || name == "farid")
            dropOn(list->viewport(), list->visualRect(index).center(), {"/etc/hostname"});
    }
    stage.window->homePage()->choose("emil");
    dropOn(stage.window->homePage()->contactPage(), {60, 60}, {"/etc/hostname"});
    QVERIFY(stage.engine.sent.isEmpty());
}

void GuiWindowTest::pasteSends()
{
    Stage stage;
    stage.open(friends());
    stage.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
    auto *home = stage.window->homePage();
    home->choose("ben");
    QGuiApplication::clipboard()->clear();
    QTest::keyClick(home->contactList(), Qt::Key_V, Qt::ControlModifier);
    QVERIFY(home->reportStrip()->sentence().contains("no files"));
    QGuiApplication::clipboard()->setText("just words"); // shown before they are sent
    QTest::keyClick(home->contactList(), Qt::Key_V, Qt::ControlModifier);
    auto *words = stage.window->findChild<SendTextDialog *>();
    QVERIFY(words);
    QVERIFY(stage.engine.sent.isEmpty());
    QCOMPARE(words->body()->toPlainText(), QStringLiteral("just words"));
    words->reject();
    QTRY_VERIFY(!stage.window->findChild<SendTextDialog *>());
    stage.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
    auto *data = new QMimeData;
    data->setUrls({QUrl::fromLocalFile("/etc/hostname"), QUrl("https://example.org/x")});
    QGuiApplication::clipboard()->setMimeData(data);
    QTest::keyClick(home->contactList(), Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(stage.engine.sent.size(), 1);
    QCOMPARE(stage.engine.sent[0].paths, QStringList("/etc/hostname"));
}

void GuiWindowTest::transferRowButtons()
{
    Stage stage;
    auto done = transfer(1, "ben", TransferState::Delivered, "old.txt");
    done.location = QStringLiteral("/home/me/old.txt");
    stage.engine.transferList = {done, transfer(2, "ben", TransferState::Transferring, "new.txt")};
    stage.open(friends());
    stage.window->homePage()->choose("ben");
    auto *list = stage.window->homePage()->contactPage()->transferList();
    QTRY_VERIFY(list->isVisible());
    const auto running = list->model()->index(0, 0);
    const auto finished = list->model()->index(1, 0);
    const auto cancel =
        list->rows()->actionRect(TransferAction::Cancel, list->visualRect(running), running);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, cancel.center());
    QVERIFY(stage.engine.calls.contains("cancelTransfer " + transferId(2).shortHex()));

    QSignalSpy opened(stage.window.get(), &MainWindow::openFolderWanted);
    const auto folder =
        list->rows()->actionRect(TransferAction::OpenFolder, list->visualRect(finished), finished);
    QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, folder.center());
    list->setCurrentIndex(finished);
    QTest::keyClick(list, Qt::Key_Return);
    QCOMPARE(opened.count(), 2);
    QCOMPARE(opened[0][0].toString(), QStringLiteral("/home/me"));
    list->setCurrentIndex(running);
    QTest::keyClick(list, Qt::Key_Delete);
    QCOMPARE(stage.engine.calls.filter("cancelTransfer").size(), 2);

    click(button(stage.window->homePage(), "Clear finished"));
    QCOMPARE(list->model()->rowCount(), 1);
}

void GuiWindowTest::keyboardReachesEverything()
{
    Stage stage;
    stage.engine.transferList = {transfer(1, "ben", TransferState::Delivered, "old.txt")};
    stage.open(friends());
    stage.window->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
    auto *home = stage.window->homePage();
    home->choose("ben");
    QTest::qWait(0);
    QSet<QWidget *> reached;
    home->contactList()->setFocus(Qt::TabFocusReason);
    for (int i = 0; i < 40; ++i) {
        auto *focus = QApplication::focusWidget();
        QVERIFY(focus);
        QVERIFY2(focus->isVisible(), focus->metaObject()->className());
        reached.insert(focus);
        QTest::keyClick(focus, Qt::Key_Tab);
    }
    QVERIFY(reached.contains(home->contactList()));
    QVERIFY(reached.contains(home->contactPage()->transferList()));
    for (auto *control : home->findChildren<QAbstractButton *>())
        if (control->isVisible() && control->isEnabled())
            QVERIFY2(reached.contains(control),
                     qPrintable(control->text() + control->accessibleName()));
    for (auto *widget : reached) { // whatever has the focus can be named aloud
        auto *control = qobject_cast<QAbstractButton *>(widget);
        QVERIFY2(!widget->accessibleName().isEmpty() || (control && !control->text().isEmpty()),
                 widget->metaObject()->className());
    }
}

void GuiWindowTest::statusLineSpeaks()
{
    Stage stage;
    stage.open(friends());
    auto *line = stage.window->statusLine();
    QVERIFY(line->sentence().contains("Online as anna"));
    stage.engine.setSession(SessionState::Reconnecting,
                            Error{ErrorCode::Unavailable, QStringLiteral("The server is away.")});
    QVERIFY(line->sentence().contains("The server is away."));
    stage.engine.setSession(
        SessionState::Refused,
        Error{ErrorCode::SignInRefused, QStringLiteral("This device was revoked.")});
    QCOMPARE(line->sentence(), QStringLiteral("This device was revoked."));
    click(button(line, "Sign in again"));
    QVERIFY(stage.window->welcomePage()->isVisible());
}

void GuiWindowTest::secretsProblemIsTold()
{
    Stage stage;
    stage.open(friends());
    const Error locked{ErrorCode::SecretsLocked, QStringLiteral("Unlock the keychain.")};
    stage.engine.failSecrets(locked);
    stage.engine.failSecrets(locked); // asked once, not twice
    QCOMPARE(stage.window->findChildren<Question *>().size(), 1);
    click(button(stage.window->findChild<Question *>(), "Try again"));
    QVERIFY(stage.engine.calls.contains("retrySecrets"));
    QTRY_VERIFY(!stage.window->findChild<Question *>());
    QVERIFY(stage.window->homePage()->isVisible());
    stage.engine.failSecrets({ErrorCode::SecretsUnavailable, QStringLiteral("There is none.")});
    stage.engine.nextError =
        Error{ErrorCode::SignInRefused, QStringLiteral("Enter your password.")};
    click(button(stage.window->findChild<Question *>(), "For this session only"));
    QVERIFY(stage.engine.calls.contains("useSessionOnlySecrets"));
    QTRY_VERIFY(stage.window->welcomePage()->isVisible());
}

void GuiWindowTest::ownDeviceIsRevoked()
{
    Stage stage;
    stage.open({contact("anna", {device(7, "old & slow", true)}, ContactState::OwnDevices)});
    stage.window->homePage()->choose("anna");
    emit stage.window->homePage()->contactPage()->revokeWanted(deviceId(7), "old & slow");
    click(button(stage.window->findChild<Question *>(), "Sign out"));
    QCOMPARE(stage.engine.calls.last(), "revokeOwnDevice " + deviceId(7).shortHex());
}

void GuiWindowTest::settingsAreKept()
{
    Stage stage;
    stage.open(friends());
    stage.window->showSettings();
    auto *page = stage.window->settingsPage();
    QVERIFY(page->isVisible());
    auto boxes = page->findChildren<QComboBox *>();
    boxes[0]->setFocus();
    QTest::keyClick(boxes[0], Qt::Key_End); // receive nothing
    QCOMPARE(stage.settings.acceptPolicy(), AcceptPolicy::None);
    QVERIFY(!stage.engine.receiving);
    QTest::keyClick(boxes[1], Qt::Key_End); // dark
    QVERIFY(stage.theme.isDark());
    QCOMPARE(stage.settings.theme(), ThemeChoice::Dark);
    click(button(page, "Test now"));
    QVERIFY(stage.engine.calls.contains("measureNetwork"));
    QTRY_VERIFY(button(page, "Test now")->isEnabled());
    stage.window->activateWindow(); // shortcuts work in the active window only
    QVERIFY(QTest::qWaitForWindowActive(stage.window.get()));
    QTest::keyClick(page, Qt::Key_Escape);
    QTRY_VERIFY(stage.window->homePage()->isVisible());
}

void GuiWindowTest::signOutAsksFirst()
{
    Stage stage;
    stage.open(friends());
    stage.window->showSettings();
    click(button(stage.window->settingsPage(), "Sign out…"));
    auto *question = stage.window->findChild<Question *>();
    QVERIFY(question);
    click(button(question, "Sign out"));
    QVERIFY(stage.engine.calls.contains("signOut"));
    QTRY_VERIFY(stage.window->welcomePage()->isVisible());
}

void GuiWindowTest::closingAsksWhileTransfersRun()
{
    Stage stage;
    stage.engine.transferList = {transfer(1, "ben", TransferState::Transferring, "x")};
    stage.open(friends());
    QSignalSpy quit(stage.window.get(), &MainWindow::quitDecided);
    stage.window->close();
    QVERIFY(stage.window->isVisible());
    click(button(stage.window->findChild<Question *>(), "Keep running"));
    QCOMPARE(quit.count(), 0);
    QTRY_VERIFY(!stage.window->findChild<Question *>());
    stage.window->close();
    click(button(stage.window->findChild<Question *>(), "Quit"));
    QCOMPARE(quit.count(), 1);

    Stage calm;
    calm.open(friends());
    QSignalSpy calmQuit(calm.window.get(), &MainWindow::quitDecided);
    calm.window->close();
    QCOMPARE(calmQuit.count(), 1); // nothing runs: no question
    Stage tray;
    tray.engine.transferList = stage.engine.transferList;
    tray.open(friends());
    tray.window->setTrayAvailable(true);
    QSignalSpy trayQuit(tray.window.get(), &MainWindow::quitDecided);
    tray.window->close();
    QVERIFY(!tray.window->isVisible());
    QCOMPARE(trayQuit.count(), 0);
}

void GuiWindowTest::thousandRowsPaintQuickly()
{
    Stage stage;
    for (int i = 0; i < 1000; ++i)
        stage.engine.transferList.append(
            transfer(i, "ben", TransferState::Transferring, QStringLiteral("file %1").arg(i)));
    stage.open(friends());
    stage.window->homePage()->choose("ben");
    auto *list = stage.window->homePage()->contactPage()->transferList();
    QTRY_VERIFY(list->isVisible());
    QCOMPARE(list->model()->rowCount(), 1000);
    // Painting costs what is visible, whatever the length: rows are painted, not widgets.
    QVERIFY(list->viewport()->findChildren<QWidget *>().isEmpty());
    list->scrollToBottom();
    QVERIFY(list->indexAt(list->viewport()->rect().center()).row() > 980);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiWindowTest>(argc, argv); }

#include "gui_window_test.moc"
