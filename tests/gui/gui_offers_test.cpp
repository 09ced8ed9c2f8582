// Offers: the prompt, hostile names in it, the queue, and the desktop's notifications.

#include "tests/gui/stage.h"

#include "app/gui/dialogs/accept_prompt.h"
#include "app/gui/flows/offer_flow.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/message_strip.h"

#include <QCheckBox>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QTreeView>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

namespace {

struct OfferStage : Stage {
    OfferStage() { open({contact("ben", {device(1, "thinkpad", true)})}); }
    AcceptPrompt *prompt() const { return window->offers()->prompt(); }
};

} // namespace

class GuiOffersTest : public QObject {
    Q_OBJECT

private slots:
    void acceptAnswersTheEngine();
    void earlyClickIsNoAnswer();
    void returnKeyDoesNotAccept();
    void declineShowsTheNext();
    void closingPutsOff();
    void withdrawnOfferVanishes();
    void problemDisablesAccept();
    void otherFolderIsLookedAt();
    void partIsLeftOut();
    void leavingOutMakesItFit();
    void alwaysMakesARule();
    void textIsOfferedAsText();
    void hostileNames_data();
    void hostileNames();
    void treeIsBounded();
    void floodIsDeclined();
    void notificationsAnswer();
    void notificationWordsAreHarmless();
};

void GuiOffersTest::acceptAnswersTheEngine()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    QVERIFY(stage.prompt());
    QVERIFY(!stage.prompt()->isModal()); // an offer does not take the window away
    QTRY_VERIFY(stage.prompt()->acceptButton()->isEnabled());
    QTest::mouseClick(stage.prompt()->acceptButton(), Qt::LeftButton);
    QCOMPARE(stage.engine.calls.last(), "acceptOffer " + transferId(1).shortHex());
    QVERIFY(!stage.prompt());
}

void GuiOffersTest::earlyClickIsNoAnswer()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    QTest::mouseClick(stage.prompt()->acceptButton(), Qt::LeftButton);
    QVERIFY(stage.engine.calls.filter("acceptOffer").isEmpty());
    QVERIFY(stage.prompt());
}

void GuiOffersTest::returnKeyDoesNotAccept()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    QTRY_VERIFY(stage.prompt()->acceptButton()->isEnabled());
    stage.prompt()->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(stage.prompt()));
    QTest::keyClick(stage.prompt(), Qt::Key_Return);
    QTest::keyClick(stage.prompt(), Qt::Key_Enter);
    QVERIFY(stage.engine.calls.filter("Offer ").isEmpty());
    QTest::keyClick(stage.prompt(), Qt::Key_A, Qt::AltModifier); // but its mnemonic does
    QTRY_COMPARE(stage.engine.calls.filter("acceptOffer").size(), 1);
}

void GuiOffersTest::declineShowsTheNext()
{
    OfferStage stage;
    for (int i = 1; i <= 3; ++i)
        stage.engine.offer(offerOf(i, "ben", "a.txt", 12));
    QCOMPARE(stage.prompt()->offer().id, transferId(1));
    QTest::mouseClick(stage.prompt()->declineButton(), Qt::LeftButton);
    QCOMPARE(stage.engine.calls.last(), "declineOffer " + transferId(1).shortHex());
    QCOMPARE(stage.prompt()->offer().id, transferId(2));
    QVERIFY(stage.prompt()->isVisible());
}

void GuiOffersTest::closingPutsOff()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    QTest::keyClick(stage.prompt(), Qt::Key_Escape);
    QVERIFY(!stage.prompt());
    QVERIFY(stage.engine.calls.filter("Offer ").isEmpty());
    auto *strip = stage.window->homePage()->offersStrip();
    QCOMPARE(strip->sentence(), QStringLiteral("1 offer waits for your answer."));
    QCOMPARE(stage.window->homePage()
                 ->contactList()
                 ->model()
                 ->index(0, 0)
                 .data(ContactModel::OffersRole)
                 .toInt(),
             1);
    emit strip->firstClicked();
    QVERIFY(stage.prompt());
    QVERIFY(strip->sentence().isEmpty());
}

void GuiOffersTest::withdrawnOfferVanishes()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    stage.engine.offer(offerOf(2, "ben", "b.txt", 12));
    stage.engine.withdraw(transferId(1));
    QCOMPARE(stage.prompt()->offer().id, transferId(2));
    stage.engine.withdraw(transferId(2));
    QVERIFY(!stage.prompt());
    QVERIFY(stage.window->homePage()->offersStrip()->sentence().isEmpty());
}

void GuiOffersTest::problemDisablesAccept()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "a.txt", 12);
    offer.problem =
        Error{ErrorCode::DiskFull, QStringLiteral("The disk is full. Free some space.")};
    stage.engine.offer(offer);
    QTest::qWait(600); // longer than it takes to arm
    QVERIFY(!stage.prompt()->acceptButton()->isEnabled());
    QVERIFY(stage.prompt()->declineButton()->isEnabled());
    QCOMPARE(stage.prompt()->findChild<MessageStrip *>()->sentence(), offer.problem->message);
}

void GuiOffersTest::otherFolderIsLookedAt()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "a.txt", 12);
    offer.problem = Error{ErrorCode::FileNotWritable, QStringLiteral("Not writable.")};
    stage.engine.offer(offer);
    auto *accept = stage.prompt()->acceptButton();
    stage.prompt()->setDestination(stage.profile.path()); // fits
    QTRY_VERIFY(accept->isEnabled());
    stage.prompt()->setDestination(stage.profile.filePath("missing"));
    QVERIFY(!accept->isEnabled()); // at once, before the answer
    QTRY_VERIFY(!stage.prompt()->findChild<MessageStrip *>()->sentence().isEmpty());
    QVERIFY(!accept->isEnabled());
    stage.prompt()->setDestination(stage.profile.path());
    QTRY_VERIFY(accept->isEnabled());
    QTest::mouseClick(accept, Qt::LeftButton);
    QCOMPARE(
        stage.engine.calls.last(),
        QStringLiteral("acceptOffer %1 %2").arg(transferId(1).shortHex(), stage.profile.path()));
}

void GuiOffersTest::partIsLeftOut()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "top", 35);
    offer.files = 3;
    offer.entries = {{"top", EntryKind::Folder, 0},
                     {"top/a.txt", EntryKind::File, 10},
                     {"top/sub/b.txt", EntryKind::File, 20},
                     {"c.txt", EntryKind::File, 5}};
    stage.engine.offer(offer);
    auto *prompt = stage.prompt();
    QTest::mouseClick(prompt->treeButton(), Qt::LeftButton);
    auto *entries = prompt->tree()->model();
    const auto top = entries->index(0, 0);
    const auto tick = [&](const QModelIndex &index, Qt::CheckState state) {
        QVERIFY(entries->setData(index, state, Qt::CheckStateRole));
    };
    const auto stateOf = [](const QModelIndex &index) {
        return static_cast<Qt::CheckState>(index.data(Qt::CheckStateRole).toInt());
    };
    QCOMPARE(stateOf(top), Qt::Checked);
    tick(entries->index(0, 0, entries->index(1, 0, top)), Qt::Unchecked); // top/sub/b.txt
    QCOMPARE(stateOf(entries->index(1, 0, top)), Qt::Unchecked);
    QCOMPARE(stateOf(top), Qt::PartiallyChecked);
    QVERIFY(prompt->amount().contains("2 files of 3 files"));
    QVERIFY(prompt->amount().contains("15 bytes"));
    tick(top, Qt::Unchecked);
    tick(entries->index(1, 0), Qt::Unchecked);
    QTest::qWait(600); // longer than it takes to arm
    QVERIFY(!prompt->acceptButton()->isEnabled()); // nothing would come
    tick(entries->index(1, 0), Qt::Checked);
    QTRY_VERIFY(prompt->acceptButton()->isEnabled());
    QTest::mouseClick(prompt->acceptButton(), Qt::LeftButton);
    // The folder stands for all that is in it.
    QCOMPARE(stage.engine.calls.last(), "acceptOffer " + transferId(1).shortHex() + " without 0");
}

void GuiOffersTest::leavingOutMakesItFit()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "a.txt", 300);
    offer.files = 2;
    offer.entries = {{"a.txt", EntryKind::File, 100}, {"b.txt", EntryKind::File, 200}};
    offer.freeBytes = 150;
    offer.problem = Error{ErrorCode::DiskFull, QStringLiteral("Full.")};
    stage.engine.offer(offer);
    auto *prompt = stage.prompt();
    auto *strip = prompt->findChild<MessageStrip *>();
    QTest::mouseClick(prompt->treeButton(), Qt::LeftButton);
    auto *entries = prompt->tree()->model();
    entries->setData(entries->index(0, 0), Qt::Unchecked, Qt::CheckStateRole);
    QVERIFY(strip->sentence().contains("50 bytes"));
    entries->setData(entries->index(0, 0), Qt::Checked, Qt::CheckStateRole);
    entries->setData(entries->index(1, 0), Qt::Unchecked, Qt::CheckStateRole);
    QVERIFY(strip->sentence().isEmpty());
    QTRY_VERIFY(prompt->acceptButton()->isEnabled());
}

void GuiOffersTest::alwaysMakesARule()
{
    OfferStage stage;
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    QTRY_VERIFY(stage.prompt()->acceptButton()->isEnabled());
    stage.prompt()->alwaysBox()->setChecked(true);
    QVERIFY(stage.engine.calls.filter("setContactRule").isEmpty()); // only with the answer
    QTest::mouseClick(stage.prompt()->acceptButton(), Qt::LeftButton);
    QVERIFY(stage.engine.calls.contains("acceptOffer " + transferId(1).shortHex()));
    QVERIFY(stage.engine.contactList[0].rule == (ContactRule{ContactRule::Take::Always, 0, {}}));
}

void GuiOffersTest::textIsOfferedAsText()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "hello", 0);
    offer.text = QStringLiteral("<h1>hello</h1>\nsecond line");
    offer.entries.clear();
    offer.files = 0;
    stage.engine.offer(offer);
    QVERIFY(!stage.prompt()->treeButton());
    QCOMPARE(stage.prompt()->findChild<QPlainTextEdit *>()->toPlainText(), offer.text);
    QTRY_VERIFY(stage.prompt()->acceptButton()->isEnabled());
}

void GuiOffersTest::hostileNames_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("200 characters") << QString(QLatin1Char('W')).repeated(200);
    QTest::newRow("5000 characters") << QStringLiteral("long ").repeated(1000);
    QTest::newRow("newlines") << QStringLiteral("a\n").repeated(300);
    QTest::newRow("html") << QStringLiteral(
        "<h1>Click <a href='x'>Accept</a></h1><img src='http://e/x'>");
    QTest::newRow("bidi") << QStringLiteral("photo\u202Egpj.exe\u2066\u2067");
    QTest::newRow("combining") << QString(QLatin1Char('e')) + QString(QChar(0x0301)).repeated(300);
    QTest::newRow("wide") << QString(QChar(0xFDFD)).repeated(200);
    QTest::newRow("empty") << QString();
    QTest::newRow("mnemonics") << QStringLiteral("&Accept && &Decline");
}

void GuiOffersTest::hostileNames()
{
    QFETCH(QString, name);
    OfferStage stage;
    auto offer = offerOf(1, name, name, 12);
    offer.device = name;
    offer.destination = "/home/me/" + name;
    offer.entries = {{"f/" + name, EntryKind::File, 12}, {name, EntryKind::File, 1}};
    stage.engine.offer(offer);
    auto *prompt = stage.prompt();
    QTRY_VERIFY(prompt->isVisible());
    QTest::mouseClick(prompt->treeButton(), Qt::LeftButton);
    QTest::qWait(20);
    const auto screen = prompt->screen()->availableGeometry();
    QVERIFY(prompt->width() <= 560);
    QVERIFY(prompt->height() <= std::min(720, screen.height()));
    for (auto *answer : {prompt->acceptButton(), prompt->declineButton()}) {
        QVERIFY(answer->isVisible());
        const QRect place(answer->mapTo(prompt, QPoint()), answer->size());
        QVERIFY(prompt->rect().contains(place));
        QVERIFY(answer->width() >= answer->minimumSizeHint().width());
        QVERIFY(!answer->visibleRegion().isEmpty());
    }
    for (const auto *label : prompt->findChildren<QLabel *>())
        QVERIFY2(label->textFormat() == Qt::PlainText || label->text().isEmpty(),
                 qPrintable(label->text()));
    for (const auto *label : prompt->findChildren<ElidedLabel *>()) {
        const auto shown = label->shownText();
        QVERIFY(!shown.contains(QLatin1Char('\n')));
        QVERIFY(!shown.contains(QChar(0x202E)));
        QVERIFY(label->fontMetrics().horizontalAdvance(shown) <= label->width() + 1);
        QVERIFY(!label->toolTip().contains(QLatin1String("<h1>")));
        QVERIFY(!label->toolTip().contains(QLatin1String("<img")));
    }
    stage.engine.contactList = {contact(name, {device(1, name, true)})}; // and in the lists
    emit stage.engine.contactsChanged();
    stage.engine.changeTransfer(transfer(9, name, TransferState::Delivered, name));
    QTest::qWait(150);
    QVERIFY(!stage.window->grab().isNull());
}

void GuiOffersTest::treeIsBounded()
{
    OfferStage stage;
    auto offer = offerOf(1, "ben", "many", 12);
    offer.files = OFFER_ENTRIES_SHOWN;
    offer.entries.clear();
    for (int i = 0; i < OFFER_ENTRIES_SHOWN; ++i)
        offer.entries.append(
            {QStringLiteral("many/%1/%2").arg(i % 100).arg(i), EntryKind::File, 1});
    stage.engine.offer(offer);
    QVERIFY(!stage.prompt()->tree()); // built on demand only
    QTest::mouseClick(stage.prompt()->treeButton(), Qt::LeftButton);
    QVERIFY(stage.prompt()->tree()->isVisible());
    QVERIFY(stage.prompt()->tree()->height() <= 240);
    QTest::mouseClick(stage.prompt()->treeButton(), Qt::LeftButton);
    QVERIFY(!stage.prompt()->tree()->isVisible());
}

void GuiOffersTest::floodIsDeclined()
{
    OfferStage stage;
    for (int i = 0; i < OfferQueue::MOST + 20; ++i)
        stage.engine.offer(offerOf(i, "ben", "x", 1));
    QCOMPARE(stage.engine.calls.filter("declineOffer").size(), 20);
    QCOMPARE(stage.window->findChildren<AcceptPrompt *>().size(), 1);
}

void GuiOffersTest::notificationsAnswer()
{
    OfferStage stage;
    stage.window->hide(); // as in the tray: nobody looks at the window
    stage.engine.offer(offerOf(1, "ben", "a.txt", 12));
    auto full = offerOf(2, "ben", "b.txt", 12);
    full.problem = Error{ErrorCode::DiskFull, QStringLiteral("Full.")};
    stage.engine.offer(full);
    stage.engine.offer(offerOf(3, "ben", "c.txt", 12));
    QCOMPARE(stage.notifier.told.size(), 3);
    emit stage.notifier.accepted(transferId(1));
    QVERIFY(stage.engine.calls.contains("acceptOffer " + transferId(1).shortHex()));
    emit stage.notifier.accepted(transferId(1)); // a second click comes too late
    QCOMPARE(stage.engine.calls.filter("acceptOffer").size(), 1);
    emit stage.notifier.accepted(transferId(2)); // does not fit: the window says why
    QCOMPARE(stage.engine.calls.filter("acceptOffer").size(), 1);
    QVERIFY(stage.window->isVisible());
    emit stage.notifier.declined(transferId(3));
    QVERIFY(stage.engine.calls.contains("declineOffer " + transferId(3).shortHex()));
    QVERIFY(stage.notifier.withdrawn.contains(transferId(3)));
}

void GuiOffersTest::notificationWordsAreHarmless()
{
    auto offer = offerOf(1, QStringLiteral("ben\u202E").repeated(100), "<b>x</b>\n", 12);
    const auto words = wordsFor(offer);
    QVERIFY(!words.summary.contains(QChar(0x202E)));
    QVERIFY(!words.body.contains(QLatin1Char('\n')));
    QVERIFY(words.summary.size() < 200);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiOffersTest>(argc, argv); }

#include "gui_offers_test.moc"
