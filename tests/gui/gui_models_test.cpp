// Rows and words: what the lists show, in which order, and how seldom they repaint.

#include "app/gui/models/contact_model.h"
#include "app/gui/models/offer_queue.h"
#include "app/gui/models/offer_tree_model.h"
#include "app/gui/models/transfer_model.h"
#include "app/gui/text/display_text.h"
#include "tests/gui/stage.h"

#include <QAbstractItemModelTester>
#include <QElapsedTimer>
#include <QSignalSpy>

using namespace postern;
using namespace postern::gui;
using namespace postern::test;

class GuiModelsTest : public QObject {
    Q_OBJECT

private slots:
    void foreignTextIsVisible_data();
    void foreignTextIsVisible();
    void toolTipsAreEscaped();
    void amountsReadWell_data();
    void amountsReadWell();
    void contactsAreSorted();
    void contactsKeepTheirPersistentRows();
    void blockedAndChangedCanNotBeSentTo();
    void thousandUpdatesAreOneRepaint();
    void idleModelHasNoTimer();
    void transfersOfOneContactNewestFirst();
    void finishedAreCleared();
    void folderIsOfferedOnlyWhereSomethingIs();
    void everyStateHasAWord();
    void queueIsBoundedAndOrdered();
    void treeHoldsWhatTheOfferHolds();
    void treeSurvivesHostilePaths();
};

void GuiModelsTest::foreignTextIsVisible_data()
{
    QTest::addColumn<QString>("foreign");
    QTest::addColumn<QString>("shown");
    QTest::newRow("plain") << "notes.txt"
                           << "notes.txt";
    QTest::newRow("newline") << "a\nb" << QStringLiteral("a\u240Ab");
    QTest::newRow("tab and escape") << "a\tb\x1b" << QStringLiteral("a\u2409b\u241B");
    QTest::newRow("override") << QStringLiteral("photo\u202Egpj.exe") << "photo[U+202E]gpj.exe";
    QTest::newRow("isolate") << QStringLiteral("\u2066x\u2069") << "[U+2066]x[U+2069]";
    QTest::newRow("zero width") << QStringLiteral("a\u200Bb") << "a[U+200B]b";
    QTest::newRow("delete") << QStringLiteral("a\u007Fb") << "a[U+007F]b";
    QTest::newRow("line separator") << QStringLiteral("a\u2028b") << "a[U+2028]b";
    QTest::newRow("emoji with joiner") << QStringLiteral("👩\u200D🔬") << QStringLiteral("👩\u200D🔬");
    QTest::newRow("markup stays") << "<b>x</b>"
                                  << "<b>x</b>";
    QTest::newRow("lone surrogate")
        << QString(QChar(0xD800)) + QLatin1Char('x') << QString(QChar(0xFFFD)) + QLatin1Char('x');
}

void GuiModelsTest::foreignTextIsVisible()
{
    QFETCH(QString, foreign);
    QFETCH(QString, shown);
    QCOMPARE(visibleText(foreign), shown);
    QVERIFY(visibleText(foreign.repeated(5000)).size() < 6000);
}

void GuiModelsTest::toolTipsAreEscaped()
{
    const auto tip = plainToolTip(QStringLiteral("<img src=x>\n&amp;"));
    QVERIFY(!tip.contains(QLatin1String("<img")));
    QVERIFY(tip.contains(QLatin1String("&lt;img")));
    QVERIFY(tip.contains(QLatin1String("&amp;amp;")));
    QVERIFY(plainToolTip({}).isEmpty());
}

void GuiModelsTest::amountsReadWell_data()
{
    QTest::addColumn<qint64>("bytes");
    QTest::addColumn<QString>("text");
    QTest::newRow("none") << qint64{0} << "0 bytes";
    QTest::newRow("few") << qint64{12} << "12 bytes";
    QTest::newRow("kilo") << qint64{1500} << "1.5 kB";
    QTest::newRow("three digits") << qint64{744'000'000} << "744 MB";
    QTest::newRow("giga") << qint64{1'200'000'000} << "1.2 GB";
    QTest::newRow("negative") << qint64{-5} << "0 bytes";
}

void GuiModelsTest::amountsReadWell()
{
    QFETCH(qint64, bytes);
    QLocale::setDefault(QLocale::c());
    QTEST(byteText(bytes), "text");
}

void GuiModelsTest::contactsAreSorted()
{
    ContactModel model;
    QAbstractItemModelTester tester(&model);
    model.replace({contact("zoe", {device(1, "a", true)}), contact("ben", {device(2, "b", false)}),
                   contact("Adam", {device(3, "c", true)}),
                   contact("me", {device(4, "d", false)}, ContactState::OwnDevices),
                   contact("new", {}, ContactState::AsksUs),
                   contact("bad", {}, ContactState::Blocked)});
    QStringList order;
    for (int row = 0; row < model.rowCount(); ++row)
        order << model.index(row).data(ContactModel::NameRole).toString();
    QCOMPARE(order, QStringList({"new", "me", "Adam", "zoe", "ben", "bad"}));
    QVERIFY(model.anyoneOnline());
    model.replace({contact("me", {}, ContactState::OwnDevices)});
    QCOMPARE(model.rowCount(), 0); // no other device of one's own: nothing to send to
}

void GuiModelsTest::contactsKeepTheirPersistentRows()
{
    ContactModel model;
    QAbstractItemModelTester tester(&model);
    model.replace({contact("ben", {device(1, "a", true)}), contact("carla", {device(2, "b", true)}),
                   contact("dora", {device(3, "c", false)})});
    const QPersistentModelIndex dora(model.index(model.rowOf("dora")));
    model.replace({contact("dora", {device(3, "c", true)}),
                   contact("carla", {device(2, "b", false)}),
                   contact("emil", {device(4, "d", true)})});
    QVERIFY(dora.isValid());
    QCOMPARE(dora.data(ContactModel::NameRole).toString(), QStringLiteral("dora"));
    QCOMPARE(model.rowOf("ben"), -1);
    QCOMPARE(model.rowOf("carla"), 2);
}

void GuiModelsTest::blockedAndChangedCanNotBeSentTo()
{
    QVERIFY(canSendTo(contact("a", {device(1, "a", true)})));
    QVERIFY(canSendTo(contact("a", {device(1, "a", false)})));
    QVERIFY(!canSendTo(contact("a", {device(1, "a", true, KeyTrust::Changed)})));
    for (const auto state : {ContactState::AskedByUs, ContactState::AsksUs, ContactState::Blocked})
        QVERIFY(!canSendTo(contact("a", {device(1, "a", true)}, state)));
    QVERIFY(!canSendTo(contact("me", {}, ContactState::OwnDevices)));
}

void GuiModelsTest::thousandUpdatesAreOneRepaint()
{
    TransferModel model;
    QAbstractItemModelTester tester(&model);
    QList<TransferInfo> many;
    for (int i = 0; i < 1000; ++i)
        many.append(transfer(i, "ben", TransferState::Transferring, "x"));
    model.replace(many);

    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    QSignalSpy settled(&model, &TransferModel::settled);
    for (int round = 0; round < 50; ++round)
        for (auto &info : many) {
            info.bytes += 1000;
            model.update(info);
        }
    QCOMPARE(changed.count(), 0); // nothing is painted in between
    QVERIFY(settled.wait(1000));
    QCOMPARE(settled.count(), 1);
    QCOMPARE(changed.count(), 1); // one run of neighbours
    QCOMPARE(model.find(transferId(999))->bytes, 50'000);
}

void GuiModelsTest::idleModelHasNoTimer()
{
    TransferModel model;
    const auto active = [&model] {
        for (const auto *timer : model.findChildren<QTimer *>())
            if (timer->isActive())
                return true;
        return false;
    };
    QSignalSpy settled(&model, &TransferModel::settled);
    model.update(transfer(1, "ben", TransferState::Offered, "x"));
    QVERIFY(settled.wait(1000));
    QVERIFY(!active());
    QVERIFY(!settled.wait(250)); // and it stays silent
}

void GuiModelsTest::transfersOfOneContactNewestFirst()
{
    TransferModel model;
    ContactTransfers rows(&model);
    QAbstractItemModelTester tester(&rows);
    rows.setContact("ben");
    for (int i = 0; i < 6; ++i)
        model.update(transfer(i, i % 2 ? "carla" : "ben", TransferState::Offered,
                              QStringLiteral("file %1").arg(i)));
    model.flush();
    QStringList titles;
    for (int row = 0; row < rows.rowCount(); ++row)
        titles << rows.index(row, 0).data(TransferModel::TitleRole).toString();
    QCOMPARE(titles, QStringList({"file 4", "file 2", "file 0"}));
    rows.setContact("carla");
    QCOMPARE(rows.rowCount(), 3);
}

void GuiModelsTest::finishedAreCleared()
{
    TransferModel model;
    QAbstractItemModelTester tester(&model);
    model.replace({transfer(1, "ben", TransferState::Delivered, "a"),
                   transfer(2, "ben", TransferState::Transferring, "b"),
                   transfer(3, "carla", TransferState::Failed, "c")});
    QVERIFY(model.hasFinished("ben"));
    model.clearFinished("ben");
    QVERIFY(!model.hasFinished("ben"));
    QCOMPARE(model.rowCount(), 2);
    QCOMPARE(model.runningCount(), 1);
    model.update(transfer(1, "ben", TransferState::Delivered, "a")); // a late word changes nothing
    model.flush();
    QCOMPARE(model.rowCount(), 2);
    model.update(transfer(2, "ben", TransferState::Delivered, "b"));
    model.flush();
    QCOMPARE(model.find(transferId(2))->state, TransferState::Delivered);
    QCOMPARE(model.runningCount(), 0);
}

void GuiModelsTest::folderIsOfferedOnlyWhereSomethingIs()
{
    TransferModel model;
    auto info = transfer(1, "ben", TransferState::Transferring, "a.txt");
    info.direction = Direction::Receiving;
    info.location = QStringLiteral("/home/me/Downloads/a.txt");
    model.replace({info});
    QCOMPARE(model.index(0).data(TransferModel::LocationRole).toString(), QString());
    info.state = TransferState::Delivered;
    model.replace({info});
    QCOMPARE(model.index(0).data(TransferModel::LocationRole).toString(),
             QStringLiteral("/home/me/Downloads"));
}

void GuiModelsTest::everyStateHasAWord()
{
    for (const auto direction : {Direction::Sending, Direction::Receiving})
        for (int state = 0; state <= static_cast<int>(TransferState::Failed); ++state) {
            auto info = transfer(1, "ben", static_cast<TransferState>(state), "a");
            info.direction = direction;
            QVERIFY(!stateWord(info).isEmpty());
        }
}

void GuiModelsTest::queueIsBoundedAndOrdered()
{
    OfferQueue queue;
    for (int i = 0; i < OfferQueue::MOST; ++i)
        QVERIFY(queue.add(offerOf(i, "ben", "x", 1)));
    QVERIFY(!queue.add(offerOf(OfferQueue::MOST, "ben", "x", 1)));
    QVERIFY(queue.add(offerOf(5, "ben", "again", 1))); // known: replaced, not added
    QCOMPARE(queue.size(), int(OfferQueue::MOST));
    QCOMPARE(queue.firstNotIn({})->id, transferId(0));
    QCOMPARE(queue.firstNotIn({transferId(0), transferId(1)})->id, transferId(2));
    QVERIFY(queue.remove(transferId(0)));
    QVERIFY(!queue.remove(transferId(0)));
    QCOMPARE(queue.countByContact().value("ben"), OfferQueue::MOST - 1);
}

void GuiModelsTest::treeHoldsWhatTheOfferHolds()
{
    OfferTreeModel model({{"top", EntryKind::Folder, 0},
                          {"top/a.txt", EntryKind::File, 10},
                          {"top/sub/b.txt", EntryKind::File, 20},
                          {"top/empty", EntryKind::Folder, 0},
                          {"other.bin", EntryKind::File, 5}});
    QAbstractItemModelTester tester(&model);
    QCOMPARE(model.rowCount(), 2);
    const auto top = model.index(0, 0);
    QCOMPARE(top.data().toString(), QStringLiteral("top"));
    QCOMPARE(model.rowCount(top), 3);
    QCOMPARE(model.index(0, OfferTreeModel::SizeColumn).data().toString(),
             QStringLiteral("30 bytes"));
    QCOMPARE(model.index(1, 0, top).data().toString(), QStringLiteral("sub"));
    QCOMPARE(model.parent(model.index(0, 0, top)), top);
}

void GuiModelsTest::treeSurvivesHostilePaths()
{
    QList<OfferEntry> entries{{"", EntryKind::File, 1},
                              {"///", EntryKind::Folder, 0},
                              {QStringLiteral("d/").repeated(20'000) + "deep", EntryKind::File, 1},
                              {QString(QLatin1Char('x')).repeated(100'000), EntryKind::File, 1}};
    for (int i = 0; i < OFFER_ENTRIES_SHOWN - 4; ++i)
        entries.append({QStringLiteral("many/%1").arg(i), EntryKind::File, 1});
    OfferTreeModel model(entries);
    QCOMPARE(model.rowCount(), 3);
    int depth = 0;
    for (auto at = model.index(0, 0); at.isValid(); at = model.index(0, 0, at))
        ++depth;
    QVERIFY(depth < 100);
    QVERIFY(model.index(1, 0).data().toString().size() < 1000);
}

int main(int argc, char *argv[]) { return runGuiTest<GuiModelsTest>(argc, argv); }

#include "gui_models_test.moc"
