// What can be done with transfers, to one contact or several, and what is remembered of them.

#include "tests/gui/stage.h"

#include "app/gui/dialogs/history_dialog.h"
#include "app/gui/dialogs/limit_dialog.h"
#include "app/gui/dialogs/question.h"
#include "app/gui/dialogs/recipients_dialog.h"
#include "app/gui/dialogs/rule_dialog.h"
#include "app/gui/dialogs/send_text_dialog.h"
#include "app/gui/dialogs/text_dialog.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/pages/history_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/pages/settings_page.h"
#include "app/gui/text/display_text.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/empty_state.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/rate_field.h"
#include "app/gui/widgets/row_list.h"
#include "app/gui/widgets/transfer_delegate.h"
#include "app/gui/widgets/transfer_list.h"

#include <QAbstractButton>
#include <QButtonGroup>
#include <QCheckBox>
#include <QClipboard>
#include <QDoubleSpinBox>
#include <QDropEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeView>
#include <QUrl>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

namespace {

void click(QWidget *widget) { QTest::mouseClick(widget, Qt::LeftButton); }

QPushButton *button(QWidget *parent, const QString &text)
{
    for (auto *candidate : parent->findChildren<QPushButton *>()) {
        auto plain = candidate->text();
        if (plain.remove(QLatin1Char('&')) == text && candidate->isVisible())
            return candidate;
    }
    return nullptr;
}

/// ben is chosen and has these transfers.
struct RowStage : Stage {
    explicit RowStage(const QList<TransferInfo> &transfers)
    {
        engine.transferList = transfers;
        open({contact("ben", {device(1, "thinkpad", true)}),
              contact("carla", {device(2, "studio", true)}),
              contact("dora", {device(3, "desk", false)})});
        window->homePage()->choose("ben");
        engine.calls.clear();
    }

    TransferList *list() const { return window->homePage()->contactPage()->transferList(); }
    QModelIndex row(int number) const { return list()->model()->index(number, 0); }
    QString word(int number, int role) const { return row(number).data(role).toString(); }

    void press(TransferAction action, int number) const
    {
        const auto rect =
            list()->rows()->actionRect(action, list()->visualRect(row(number)), row(number));
        QVERIFY(rect.isValid());
        QTest::mouseClick(list()->viewport(), Qt::LeftButton, {}, rect.center());
    }

    void key(int number, Qt::Key key, Qt::KeyboardModifiers modifiers = {}) const
    {
        list()->setCurrentIndex(row(number));
        QTest::keyClick(list(), key, modifiers);
    }
};

TransferInfo waiting(int number, int place)
{
    auto info = transfer(number, "ben", TransferState::Queued, QStringLiteral("f%1").arg(number));
    info.place = place;
    return info;
}

TransferInfo paused(int number, PausedBy by)
{
    auto info = transfer(number, "ben", TransferState::Paused, "p");
    info.pausedBy = by;
    return info;
}

HistoryEntry entryOf(qint64 key, const QString &title)
{
    HistoryEntry entry;
    entry.key = key;
    entry.contact = QStringLiteral("ben");
    entry.title = title;
    entry.totalBytes = entry.bytes = 1000;
    entry.pathKinds = QStringList{"lan", "relay"};
    entry.relayedBytes = 400;
    return entry;
}

} // namespace

class GuiTransfersTest : public QObject {
    Q_OBJECT

private slots:
    void pausesAndResumes();
    void onlyOurOwnPauseIsResumed();
    void sendsAgainWhatDidNotArrive();
    void lineIsInItsOrderAndMoves();
    void limitIsAskedFor();
    void removedIsForgotten();
    void offlineIsSaidInTheRow();
    void textIsShownPlainAndCopied();
    void onlyOneLinkIsALink();
    void textIsWrittenAndSent();
    void severalGetWhatIsDropped();
    void recipientsAreTicked();
    void ruleIsMade();
    void limitsReachTheEngine();
    void endedTransfersAreTold();
    void historyIsSearchedByPages();
    void historyIsLookedIntoAndCleared();
};

void GuiTransfersTest::pausesAndResumes()
{
    RowStage stage({transfer(1, "ben", TransferState::Transferring, "x")});
    const auto id = transferId(1).shortHex();
    stage.press(TransferAction::Pause, 0);
    stage.key(0, Qt::Key_Space);
    QCOMPARE(stage.engine.calls, QStringList({"pauseTransfer " + id, "pauseTransfer " + id}));
    stage.engine.calls.clear();
    stage.engine.changeTransfer(paused(1, PausedBy::Us));
    QTRY_COMPARE(stage.word(0, TransferModel::StateRole), QStringLiteral("Paused by you"));
    stage.press(TransferAction::Resume, 0);
    stage.key(0, Qt::Key_Space);
    QCOMPARE(stage.engine.calls, QStringList({"resumeTransfer " + id, "resumeTransfer " + id}));
}

void GuiTransfersTest::onlyOurOwnPauseIsResumed()
{
    QVERIFY(actionsOf(paused(1, PausedBy::Us), 0).testFlag(TransferAction::Resume));
    for (const auto by : {PausedBy::Them, PausedBy::Trouble}) {
        const auto actions = actionsOf(paused(1, by), 0);
        QVERIFY(!actions.testFlag(TransferAction::Resume));
        QVERIFY(actions.testFlag(TransferAction::Cancel));
    }
    QVERIFY(stateWord(paused(1, PausedBy::Them)).contains("ben"));
}

void GuiTransfersTest::sendsAgainWhatDidNotArrive()
{
    for (const auto state :
         {TransferState::Failed, TransferState::Declined, TransferState::Cancelled}) {
        RowStage stage({transfer(1, "ben", state, "x")});
        stage.press(TransferAction::Retry, 0);
        stage.key(0, Qt::Key_R, Qt::ControlModifier);
        QCOMPARE(stage.engine.calls.filter("retryTransfer").size(), 2);
    }
    QVERIFY(!actionsOf(transfer(1, "ben", TransferState::Delivered, "x"), 0)
                 .testFlag(TransferAction::Retry));
    auto received = transfer(1, "ben", TransferState::Failed, "x");
    received.direction = Direction::Receiving; // only its sender can send it again
    QVERIFY(!actionsOf(received, 0).testFlag(TransferAction::Retry));
}

void GuiTransfersTest::lineIsInItsOrderAndMoves()
{
    RowStage stage({waiting(1, 2), waiting(2, 0), waiting(3, 1),
                    transfer(4, "ben", TransferState::Transferring, "moves"),
                    transfer(5, "ben", TransferState::Delivered, "done")});
    QStringList titles;
    for (int i = 0; i < 5; ++i)
        titles << stage.word(i, TransferModel::TitleRole);
    QCOMPARE(titles, QStringList({"moves", "f2", "f3", "f1", "done"}));
    QVERIFY(stage.word(1, TransferModel::DetailRole).contains("Next in line"));
    QVERIFY(stage.word(3, TransferModel::DetailRole).contains("2 others go first"));
    stage.press(TransferAction::MoveUp, 3);
    QCOMPARE(stage.engine.calls.last(), "moveTransfer " + transferId(1).shortHex() + " 1");
    stage.key(1, Qt::Key_Down, Qt::ControlModifier);
    QCOMPARE(stage.engine.calls.last(), "moveTransfer " + transferId(2).shortHex() + " 1");
    stage.engine.calls.clear();
    stage.key(1, Qt::Key_Up, Qt::ControlModifier); // the first can't go further
    QVERIFY(stage.engine.calls.isEmpty());
}

void GuiTransfersTest::limitIsAskedFor()
{
    RowStage stage({transfer(1, "ben", TransferState::Transferring, "x")});
    emit stage.list()->wanted(TransferAction::Limit, transferId(1));
    auto *dialog = stage.window->findChild<LimitDialog *>();
    QVERIFY(dialog);
    dialog->field()->setValue(2.5);
    click(button(dialog, "Set the limit"));
    QCOMPARE(stage.engine.calls.last(),
             "setTransferLimit " + transferId(1).shortHex() + " 2500000");
}

void GuiTransfersTest::removedIsForgotten()
{
    RowStage stage({transfer(1, "ben", TransferState::Delivered, "x"),
                    transfer(2, "ben", TransferState::Failed, "y")});
    stage.press(TransferAction::Remove, 0);
    QCOMPARE(stage.list()->model()->rowCount(), 1);
    stage.key(0, Qt::Key_Delete);
    QCOMPARE(stage.list()->model()->rowCount(), 0);
    QVERIFY(stage.engine.calls.isEmpty()); // nothing is asked of the engine
}

void GuiTransfersTest::offlineIsSaidInTheRow()
{
    RowStage stage({transfer(1, "ben", TransferState::WaitingForContact, "x")});
    QVERIFY(stage.word(0, TransferModel::DetailRole).contains("Will be sent when"));
    QVERIFY(stage.word(0, TransferModel::DetailRole).contains("ben"));
}

void GuiTransfersTest::textIsShownPlainAndCopied()
{
    auto info = transfer(1, "ben", TransferState::Delivered, "hello");
    info.direction = Direction::Receiving;
    info.text = QStringLiteral("<b>hello</b>\nhttps://example.org");
    RowStage stage({info});
    stage.press(TransferAction::CopyText, 0);
    QCOMPARE(QGuiApplication::clipboard()->text(), info.text);
    stage.key(0, Qt::Key_Return);
    auto *dialog = stage.window->findChild<TextDialog *>();
    QVERIFY(dialog);
    QCOMPARE(dialog->body()->toPlainText(), info.text); // markup is no markup
    QVERIFY(!dialog->openButton()); // more than a link
    delete dialog;
    info.text = QStringLiteral("https://example.org/x");
    stage.engine.changeTransfer(info);
    QSignalSpy opened(stage.window.get(), &MainWindow::openLinkWanted);
    emit stage.list()->wanted(TransferAction::ShowText, info.id);
    dialog = stage.window->findChild<TextDialog *>();
    QVERIFY(dialog && dialog->openButton());
    QCOMPARE(opened.count(), 0);
    click(dialog->openButton());
    QCOMPARE(opened[0][0].toUrl(), QUrl(info.text));

    auto offered = info; // not ours before it was taken
    offered.state = TransferState::Offered;
    QVERIFY(!actionsOf(offered, 0).testFlag(TransferAction::ShowText));
}

void GuiTransfersTest::onlyOneLinkIsALink()
{
    QVERIFY(isLink(" https://example.org/a?b=c "));
    QVERIFY(isLink("http://example.org"));
    for (const auto *text : {"https://example.org and more", "file:///etc/passwd", "javascript:x",
                             "https://", "example.org", "https://a.org\nhttps://b.org"})
        QVERIFY2(!isLink(QString::fromLatin1(text)), text);
    QVERIFY(!isLink(QStringLiteral("https://example.org/\u202Egnp.exe")));
}

void GuiTransfersTest::textIsWrittenAndSent()
{
    RowStage stage({});
    emit stage.window->homePage()->contactPage()->sendTextWanted();
    auto *dialog = stage.window->findChild<SendTextDialog *>();
    QVERIFY(dialog);
    QVERIFY(!dialog->sendButton()->isEnabled());
    dialog->body()->setPlainText(QString(TEXT_LIMIT + 1, QLatin1Char('x')));
    QVERIFY(!dialog->sendButton()->isEnabled()); // longer than a text may be
    dialog->body()->setPlainText("hello");
    QTest::keyClick(dialog, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(stage.engine.sent.size(), 1);
    QCOMPARE(stage.engine.sent[0].text, QStringLiteral("hello"));
    QCOMPARE(stage.engine.sent[0].contact, QStringLiteral("ben"));
    QVERIFY(stage.engine.sent[0].paths.isEmpty());
}

void GuiTransfersTest::severalGetWhatIsDropped()
{
    RowStage stage({});
    auto *home = stage.window->homePage();
    auto *list = home->contactList();
    list->selectAll();
    QCOMPARE(home->chosenContacts(), QStringList({"ben", "carla", "dora"}));
    QVERIFY(home->contactPage()->strip()->sentence().contains("carla"));
    QMimeData data;
    data.setUrls({QUrl::fromLocalFile("/etc/hostname")});
    QDragEnterEvent enter(QPoint(60, 60), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(home->contactPage(), &enter); // Qt drops only where it entered
    QDropEvent drop(QPointF(60, 60), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QCoreApplication::sendEvent(home->contactPage(), &drop);
    QCOMPARE(stage.engine.sent.size(), 3);
    for (const auto &request : stage.engine.sent)
        QVERIFY(request.waitForContact);
    QCOMPARE(stage.engine.sent[2].contact, QStringLiteral("dora")); // offline: it waits
    home->choose("ben");
    QCOMPARE(home->chosenContacts(), QStringList("ben"));
    QVERIFY(home->contactPage()->strip()->sentence().isEmpty());
}

void GuiTransfersTest::recipientsAreTicked()
{
    const QList<ContactInfo> people{contact("ben", {device(1, "a", true)}),
                                    contact("dora", {device(2, "b", false)})};
    RecipientsDialog dialog("report.pdf", people, {"ben"});
    dialog.show();
    QVERIFY(dialog.list()->item(1)->text().contains("offline"));
    dialog.list()->item(1)->setCheckState(Qt::Checked);
    QSignalSpy chosen(&dialog, &RecipientsDialog::chosen);
    dialog.findChild<QLineEdit *>()->setText("nobody"); // who is ticked stays in sight
    QVERIFY(!dialog.list()->item(0)->isHidden());
    click(dialog.sendButton());
    QCOMPARE(chosen[0][0].toStringList(), QStringList({"ben", "dora"}));
    dialog.list()->item(0)->setCheckState(Qt::Unchecked);
    dialog.list()->item(1)->setCheckState(Qt::Unchecked);
    QVERIFY(!dialog.sendButton()->isEnabled());
}

void GuiTransfersTest::ruleIsMade()
{
    RowStage stage({});
    emit stage.window->homePage()->contactPage()->ruleWanted("ben");
    auto *dialog = stage.window->findChild<RuleDialog *>();
    QVERIFY(dialog);
    QCOMPARE(dialog->choices()->checkedId(), int(RuleDialog::USUAL));
    QVERIFY(!dialog->sizeField()->isEnabled());
    dialog->choices()->button(static_cast<int>(ContactRule::Take::BelowSize))->setChecked(true);
    dialog->sizeField()->setValue(20);
    dialog->setFolder("/home/me/ben");
    click(dialog->saveButton());
    QVERIFY(stage.engine.calls.contains("setContactRule ben"));
    const ContactRule wanted{ContactRule::Take::BelowSize, 20'000'000, "/home/me/ben"};
    QVERIFY(stage.engine.contactList[0].rule == wanted);
    QVERIFY(ruleText(stage.engine.contactList[0]).contains("20"));
    delete dialog;
    emit stage.engine.contactsChanged();
    QTest::qWait(80); // bursts of changes are gathered
    emit stage.window->homePage()->contactPage()->ruleWanted("ben");
    dialog = stage.window->findChild<RuleDialog *>();
    QCOMPARE(dialog->sizeField()->value(), 20.0);
    dialog->choices()->button(RuleDialog::USUAL)->setChecked(true);
    click(dialog->saveButton());
    QVERIFY(!stage.engine.contactList[0].rule);
}

void GuiTransfersTest::limitsReachTheEngine()
{
    RowStage stage({});
    stage.window->showSettings();
    auto *page = stage.window->settingsPage();
    page->uploadField()->setValue(1.5);
    emit page->uploadField()->editingFinished();
    page->yieldsBox()->setChecked(true);
    const RateLimits wanted{1'500'000, 0, true};
    QVERIFY(stage.engine.limits == wanted);
    QVERIFY(stage.settings.rateLimits() == wanted);
    stage.engine.limits = {};
    stage.window->start(); // and at the next start
    QVERIFY(stage.engine.limits == wanted);
}

void GuiTransfersTest::endedTransfersAreTold()
{
    RowStage stage({});
    stage.window->hide(); // nobody looks
    const auto end = [&stage](int number, TransferState state) {
        stage.engine.changeTransfer(transfer(number, "ben", TransferState::Transferring, "x"));
        stage.engine.changeTransfer(transfer(number, "ben", state, "x"));
    };
    end(1, TransferState::Delivered);
    end(2, TransferState::Cancelled); // our own doing
    stage.engine.changeTransfer(transfer(3, "ben", TransferState::Delivered, "old"));
    QTRY_COMPARE(stage.notifier.notices.size(), 1);
    QVERIFY(stage.notifier.notices[0].summary.contains("Delivered"));
    for (int i = 10; i < 30; ++i)
        end(i, TransferState::Failed);
    QTRY_COMPARE(stage.notifier.notices.size(), 2); // a burst is one notification
    QVERIFY(stage.notifier.notices[1].summary.contains("20"));
    emit stage.notifier.noticeOpened("carla");
    QVERIFY(stage.window->isVisible());
    QCOMPARE(stage.window->homePage()->chosenContact(), QStringLiteral("carla"));
}

void GuiTransfersTest::historyIsSearchedByPages()
{
    RowStage stage({});
    for (int i = 3000; i > 0; --i)
        stage.engine.history.append(entryOf(i, QStringLiteral("file %1").arg(i)));
    emit stage.window->homePage()->historyWanted();
    auto *page = stage.window->historyPage();
    auto *list = page->list();
    QVERIFY(page->isVisible());
    QTRY_COMPARE(list->model()->rowCount(), int(HistoryModel::PAGE));
    list->scrollToBottom();
    QTRY_COMPARE(list->model()->rowCount(), 2 * HistoryModel::PAGE);
    QCOMPARE(list->model()->index(399, 0).data(HistoryModel::KeyRole).toLongLong(), 2601);
    const auto summary = list->model()->index(0, 0).data(HistoryModel::SummaryRole).toString();
    QVERIFY(summary.contains("LAN, RELAY (400 bytes by relay)"));
    QTest::keyClicks(page->searchField(), "file 29");
    QTRY_COMPARE(list->model()->rowCount(), 111);
    QTest::keyClicks(page->searchField(), "no such thing");
    QTRY_COMPARE(list->model()->rowCount(), 0);
    QVERIFY(page->emptyState()->isVisible());
}

void GuiTransfersTest::historyIsLookedIntoAndCleared()
{
    RowStage stage({});
    stage.engine.history = {entryOf(2, "b"), entryOf(1, "a")};
    stage.engine.filesOfHistory = {{"b/x.txt", 12, QByteArray::fromHex("00ff")}};
    emit stage.window->homePage()->historyWanted();
    auto *page = stage.window->historyPage();
    QTRY_COMPARE(page->list()->model()->rowCount(), 2);
    page->list()->setCurrentIndex(page->list()->model()->index(0, 0));
    QTest::keyClick(page->list(), Qt::Key_Return);
    auto *dialog = stage.window->findChild<HistoryDialog *>();
    QVERIFY(dialog);
    QTRY_COMPARE(dialog->files()->model()->rowCount(), 1);
    QCOMPARE(dialog->files()->model()->index(0, 2).data().toString(), QStringLiteral("00ff"));
    emit dialog->clearWanted(2);
    click(button(stage.window->findChild<Question *>(), "Cancel"));
    QVERIFY(stage.engine.calls.filter("clearHistory").isEmpty()); // asked first
    QTRY_VERIFY(!stage.window->findChild<Question *>());
    QTest::keyClick(page->list(), Qt::Key_Delete);
    click(button(stage.window->findChild<Question *>(), "Remove"));
    QVERIFY(stage.engine.calls.contains("clearHistory 2"));
    QTRY_COMPARE(page->list()->model()->rowCount(), 1);
    QTRY_VERIFY(!stage.window->findChild<Question *>());
    click(button(page, "Clear all…"));
    click(button(stage.window->findChild<Question *>(), "Clear all"));
    QTRY_COMPARE(page->list()->model()->rowCount(), 0);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiTransfersTest>(argc, argv); }

#include "gui_transfers_test.moc"
