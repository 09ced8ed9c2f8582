// gui_shots: renders every page and state of the window, light and dark; as PNG files into
// POSTERN_SHOTS_DIR, where that is set, for people to look at ("./dev shots").

#include "tests/gui/shots_cast.h"
#include "tests/gui/stage.h"

#include "app/gui/dialogs/accept_prompt.h"
#include "app/gui/dialogs/add_contact_dialog.h"
#include "app/gui/dialogs/history_dialog.h"
#include "app/gui/dialogs/limit_dialog.h"
#include "app/gui/dialogs/recipients_dialog.h"
#include "app/gui/dialogs/rule_dialog.h"
#include "app/gui/dialogs/safety_number_dialog.h"
#include "app/gui/dialogs/send_text_dialog.h"
#include "app/gui/dialogs/text_dialog.h"
#include "app/gui/flows/offer_flow.h"
#include "app/gui/pages/contact_page.h"
#include "app/gui/pages/history_page.h"
#include "app/gui/pages/home_page.h"
#include "app/gui/pages/settings_page.h"
#include "app/gui/pages/welcome_page.h"
#include "app/gui/widgets/contact_list.h"
#include "app/gui/widgets/transfer_list.h"

#include <QDir>
#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QPushButton>
#include <QTest>
#include <QTreeView>
#include <QUrl>

#include <cstdio>

using namespace postern;
using namespace postern::test;

namespace {

class Photographer {
public:
    Photographer(const QDir &folder, gui::ThemeChoice look)
        : m_folder(folder)
        , m_look(look)
    {
    }

    /// A stage of its own for each picture, so that no state leaks from one to the next.
    void take(const QString &name, const std::function<QWidget *(Stage &)> &scene)
    {
        ++wanted;
        Stage stage;
        stage.theme.choose(m_look);
        auto *subject = scene(stage);
        settle();
        const auto file = QStringLiteral("%1-%2.png")
                              .arg(name,
                                   m_look == gui::ThemeChoice::Dark ? QStringLiteral("dark")
                                                                    : QStringLiteral("light"));
        if (!subject->grab().save(m_folder.filePath(file)))
            std::fprintf(stderr, "Can't write %s.\n", qPrintable(m_folder.filePath(file)));
        else
            ++taken;
        stage.window->hide();
    }

    /// Lets what was asked for be laid out and painted: coalesced updates come within 100 ms.
    static void settle() { QTest::qWait(180); }

    int taken = 0;
    int wanted = 0;

private:
    QDir m_folder;
    gui::ThemeChoice m_look;
};

QLineEdit *field(QWidget *page, int number) { return page->findChildren<QLineEdit *>().at(number); }

void welcomePages(Photographer &camera)
{
    camera.take(QStringLiteral("01-first-run"), [](Stage &stage) {
        stage.window->start();
        stage.window->show();
        return stage.window.get();
    });
    camera.take(QStringLiteral("02-wrong-password"), [](Stage &stage) {
        stage.window->start();
        stage.window->show();
        auto *page = stage.window->welcomePage();
        page->prefill({QStringLiteral("meet.example.org:7788"), QStringLiteral("anna")});
        field(page, 2)->setText(QStringLiteral("swordfish"));
        page->fail(
            {ErrorCode::SignInRefused,
             QStringLiteral("The name or the password is wrong. Check both and try again.")});
        return stage.window.get();
    });
    camera.take(QStringLiteral("03-server-down"), [](Stage &stage) {
        stage.window->start();
        stage.window->show();
        auto *page = stage.window->welcomePage();
        field(page, 0)->setText(QStringLiteral("meet.example.org:7788"));
        page->fail({ErrorCode::Unavailable,
                    QStringLiteral("The server meet.example.org:7788 can't be reached. Check the "
                                   "address and your network.")});
        return stage.window.get();
    });
}

void emptyPages(Photographer &camera)
{
    camera.take(QStringLiteral("10-no-contacts"), [](Stage &stage) {
        stage.open({});
        return stage.window.get();
    });
    camera.take(QStringLiteral("11-nobody-online"), [](Stage &stage) {
        stage.open({contact(QStringLiteral("dora"), {device(4, QStringLiteral("desk"), false)})});
        return stage.window.get();
    });
    camera.take(QStringLiteral("12-no-transfers"), [](Stage &stage) {
        stage.open(people());
        Photographer::settle();
        stage.window->homePage()->choose(QStringLiteral("ben"));
        return stage.window.get();
    });
}

void transferPages(Photographer &camera)
{
    camera.take(QStringLiteral("13-transfers"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        return stage.window.get();
    });
    camera.take(QStringLiteral("14-transfers-tall"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        stage.window->resize(1000, 1120);
        stage.window->homePage()->choose(QStringLiteral("ben"));
        return stage.window.get();
    });
}

void contactPages(Photographer &camera)
{
    camera.take(QStringLiteral("15-request"), [](Stage &stage) {
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("farid"));
        return stage.window.get();
    });
    camera.take(QStringLiteral("16-key-changed"), [](Stage &stage) {
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("emil"));
        return stage.window.get();
    });
    camera.take(QStringLiteral("17-offline-contact"), [](Stage &stage) {
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("dora"));
        return stage.window.get();
    });
    camera.take(QStringLiteral("18-reconnecting-smallest"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        stage.window->resize(stage.window->minimumSize());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        stage.engine.setSession(SessionState::Reconnecting,
                                Error{ErrorCode::Unavailable,
                                      QStringLiteral("meet.example.org does not answer. Postern "
                                                     "tries again by itself.")});
        return stage.window.get();
    });
}

void crowdedPages(Photographer &camera)
{
    camera.take(QStringLiteral("19-long-names"), [](Stage &stage) {
        const auto name = QStringLiteral("a-very-long-name-that-somebody-chose-").repeated(5);
        auto info = transfer(1, name, TransferState::Transferring, LONG_NAME);
        info.bytes = 400'000'000;
        info.path = path(PathKind::Udp);
        auto hostile = transfer(2, name, TransferState::Delivered, HOSTILE_NAME);
        auto arabic = transfer(3, name, TransferState::Delivered,
                               QStringLiteral("تقرير الربع الأخير من السنة.pdf"));
        auto chinese =
            transfer(4, name, TransferState::Offered, QStringLiteral("年度报告 🌱 最终版.docx"));
        stage.engine.transferList = {info, hostile, arabic, chinese};
        auto contacts = people();
        contacts.append(contact(name, {device(9, LONG_NAME, true)}));
        stage.open(contacts);
        stage.window->homePage()->choose(name);
        return stage.window.get();
    });
    camera.take(QStringLiteral("20-thousand-transfers"), [](Stage &stage) {
        for (int i = 0; i < 1000; ++i)
            stage.engine.transferList.append(
                moving(i, TransferState::Transferring,
                       QStringLiteral("frame-%1.exr").arg(i, 4, 10, QLatin1Char('0')),
                       Direction::Sending, PathKind::Tcp, (i % 97) / 97.0));
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        return stage.window.get();
    });
    camera.take(QStringLiteral("21-dragging"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        auto *home = stage.window->homePage();
        home->choose(QStringLiteral("ben"));
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(QStringLiteral("/etc/hostname"))});
        QDragEnterEvent enter({50, 50}, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(home->contactPage(), &enter);
        return stage.window.get();
    });
    camera.take(QStringLiteral("23-keyboard-focus"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        stage.window->activateWindow();
        if (!QTest::qWaitForWindowActive(stage.window.get()))
            return static_cast<QWidget *>(stage.window.get());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        auto *list = stage.window->homePage()->contactList();
        list->setFocus(Qt::TabFocusReason);
        QTest::keyClick(list, Qt::Key_Down);
        return static_cast<QWidget *>(stage.window.get());
    });
    camera.take(QStringLiteral("22-problem-strip"), [](Stage &stage) {
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        stage.window->homePage()->report(QStringLiteral(
            "ben could not be removed: the server does not answer. Try again later."));
        stage.window->homePage()->setWaitingOffers(2);
        return stage.window.get();
    });
}

template<typename Dialog> QWidget *shownDialog(Stage &stage)
{
    Photographer::settle();
    auto *dialog = stage.window->findChild<Dialog *>();
    return dialog ? static_cast<QWidget *>(dialog) : stage.window.get();
}

void offers(Photographer &camera)
{
    camera.take(QStringLiteral("30-accept-prompt"), [](Stage &stage) {
        stage.open(people());
        stage.engine.offer(folderOffer());
        stage.engine.offer(offerOf(51, QStringLiteral("ben"), QStringLiteral("b.txt"), 12));
        QTest::qWait(600);
        return shownDialog<gui::AcceptPrompt>(stage);
    });
    camera.take(QStringLiteral("31-accept-prompt-tree"), [](Stage &stage) {
        stage.open(people());
        stage.engine.offer(folderOffer());
        auto *prompt = stage.window->offers()->prompt();
        prompt->treeButton()->click();
        auto *tree = prompt->tree();
        const auto drawings = tree->model()->index(0, 0, tree->model()->index(0, 0));
        tree->expand(drawings);
        tree->model()->setData(tree->model()->index(1, 0, drawings), Qt::Unchecked,
                               Qt::CheckStateRole);
        QTest::qWait(600);
        return shownDialog<gui::AcceptPrompt>(stage);
    });
    camera.take(QStringLiteral("32-accept-prompt-hostile"), [](Stage &stage) {
        stage.open(people());
        auto offer = offerOf(52, HOSTILE_NAME, LONG_NAME, 1'200'000'000);
        offer.device = HOSTILE_NAME;
        offer.destination = QStringLiteral("/home/anna/") + LONG_NAME;
        offer.freeBytes = 388'000'000;
        offer.problem = Error{ErrorCode::DiskFull,
                              QStringLiteral("812 MB are missing on this disk. Free some space or "
                                             "choose another folder.")};
        stage.engine.offer(offer);
        QTest::qWait(600);
        return shownDialog<gui::AcceptPrompt>(stage);
    });
}

void dialogs(Photographer &camera)
{
    camera.take(QStringLiteral("33-safety-number"), [](Stage &stage) {
        stage.open(people());
        auto *page = stage.window->homePage()->contactPage();
        Photographer::settle();
        emit page->safetyNumberWanted(QStringLiteral("carla"));
        return shownDialog<gui::SafetyNumberDialog>(stage);
    });
    camera.take(QStringLiteral("34-changed-key"), [](Stage &stage) {
        stage.open(people());
        Photographer::settle();
        emit stage.window->homePage()->contactPage()->decisionWanted(QStringLiteral("emil"));
        return shownDialog<gui::SafetyNumberDialog>(stage);
    });
    camera.take(QStringLiteral("35-add-contact"), [](Stage &stage) {
        stage.open(people());
        emit stage.window->homePage()->addContactWanted();
        Photographer::settle();
        auto *dialog = stage.window->findChild<gui::AddContactDialog *>();
        dialog->fail(QStringLiteral("You have sent many requests. Wait an hour, then try again."));
        return dialog;
    });
    camera.take(QStringLiteral("36-keychain-locked"), [](Stage &stage) {
        stage.open(people());
        stage.engine.failSecrets(
            {ErrorCode::SecretsLocked, QStringLiteral("Unlock your keychain, then try again.")});
        return shownDialog<QDialog>(stage);
    });
    camera.take(QStringLiteral("40-settings"), [](Stage &stage) {
        stage.open(people());
        stage.window->resize(1000, 1120);
        stage.window->showSettings();
        NetworkInfo network;
        network.publicTcp = network.publicUdp = QStringLiteral("203.0.113.7:47100");
        network.tcpReachable = true;
        network.port = 47100;
        network.natClass = QStringLiteral("port restricted cone");
        network.summary = QStringLiteral(
            "Your router lets in only answers, on one port for all, so direct transfers to most "
            "networks work.");
        stage.window->settingsPage()->present(Result<NetworkInfo>(network));
        return stage.window.get();
    });
}

void queuePages(Photographer &camera)
{
    camera.take(QStringLiteral("24-line-and-pauses"), [](Stage &stage) {
        const auto ben = QStringLiteral("ben");
        auto byUs = moving(1, TransferState::Paused, QStringLiteral("backup.tar"),
                           Direction::Sending, PathKind::Lan, 0.4);
        byUs.pausedBy = PausedBy::Us;
        byUs.bytesPerSecond = 5'000'000;
        auto byThem = moving(2, TransferState::Paused, QStringLiteral("concert.flac"),
                             Direction::Receiving, PathKind::Udp, 0.7);
        byThem.pausedBy = PausedBy::Them;
        auto trouble = moving(3, TransferState::Paused, QStringLiteral("raw-footage.mov"),
                              Direction::Receiving, PathKind::Tcp, 0.5);
        trouble.pausedBy = PausedBy::Trouble;
        trouble.problem =
            Error{ErrorCode::DiskFull,
                  QStringLiteral("The disk that holds /home/anna/Downloads is full. Free at least "
                                 "812 MB there; the transfer then goes on by itself.")};
        auto text = transfer(4, ben, TransferState::Delivered,
                             QStringLiteral("https://example.org/a-long-link?with=a&question"));
        text.direction = Direction::Receiving;
        text.text = text.title;
        QList<TransferInfo> line;
        for (int i = 0; i < 3; ++i) {
            line.append(transfer(10 + i, ben, TransferState::Queued,
                                 QStringLiteral("lecture %1.mp4").arg(i + 1)));
            line.last().place = i;
        }
        auto later = transfer(20, ben, TransferState::WaitingForContact, LONG_NAME);
        later.place = 3;
        stage.engine.transferList = QList<TransferInfo>{byUs, byThem, trouble, text, later} + line;
        stage.open(people());
        stage.window->resize(1000, 900);
        stage.window->homePage()->choose(ben);
        return stage.window.get();
    });
    camera.take(QStringLiteral("25-several-contacts"), [](Stage &stage) {
        stage.open(people());
        Photographer::settle();
        auto *list = stage.window->homePage()->contactList();
        stage.window->homePage()->choose(QStringLiteral("ben"));
        list->selectAll();
        return stage.window.get();
    });
}

QList<HistoryEntry> past(int count)
{
    const QStringList titles{QStringLiteral("Holiday photos"), LONG_NAME, HOSTILE_NAME,
                             QStringLiteral("تقرير الربع الأخير من السنة.pdf"),
                             QStringLiteral("raw-footage.mov")};
    QList<HistoryEntry> entries;
    for (int i = 0; i < count; ++i) {
        HistoryEntry entry;
        entry.key = count - i;
        entry.contact = i % 2 ? QStringLiteral("ben") : QStringLiteral("carla");
        entry.device = QStringLiteral("thinkpad");
        entry.title = titles[i % titles.size()];
        entry.direction = i % 3 ? Direction::Sending : Direction::Receiving;
        entry.files = 1 + i % 400;
        entry.totalBytes = entry.bytes = 1'000'000LL * (1 + i * 37 % 4000);
        entry.startedAt = QDateTime::fromSecsSinceEpoch(1'800'000'000 - i * 5000LL);
        entry.endedAt = entry.startedAt.addSecs(14);
        entry.pathKinds = QStringList{QStringLiteral("udp")};
        entry.averageRate = 21.6e6;
        entry.location = QStringLiteral("/home/anna/Downloads/x");
        if (i % 5 == 4) {
            entry.result = TransferState::Failed;
            entry.problem = QStringLiteral("The disk is full. Free 812 MB and try again.");
            entry.pathKinds.append(QStringLiteral("relay"));
            entry.relayedBytes = 12'000'000;
        }
        entries.append(entry);
    }
    return entries;
}

void historyPages(Photographer &camera)
{
    camera.take(QStringLiteral("41-history-empty"), [](Stage &stage) {
        stage.open(people());
        emit stage.window->homePage()->historyWanted();
        return stage.window.get();
    });
    camera.take(QStringLiteral("42-history"), [](Stage &stage) {
        stage.engine.history = past(1000);
        stage.open(people());
        emit stage.window->homePage()->historyWanted();
        return stage.window.get();
    });
    camera.take(QStringLiteral("43-history-detail"), [](Stage &stage) {
        stage.engine.history = past(5);
        for (int i = 1; i <= 40; ++i)
            stage.engine.filesOfHistory.append(
                {QStringLiteral("raw/%1 %2.mov").arg(i).arg(i % 7 ? QString() : LONG_NAME),
                 i * 1'000'000LL, QByteArray(16, static_cast<char>(i))});
        stage.open(people());
        emit stage.window->homePage()->historyWanted();
        Photographer::settle();
        emit stage.window->historyPage()->detailWanted(1);
        return shownDialog<gui::HistoryDialog>(stage);
    });
}

void moreDialogs(Photographer &camera)
{
    camera.take(QStringLiteral("44-rule"), [](Stage &stage) {
        stage.open(people());
        Photographer::settle();
        emit stage.window->homePage()->contactPage()->ruleWanted(QStringLiteral("ben"));
        return shownDialog<gui::RuleDialog>(stage);
    });
    camera.take(QStringLiteral("45-send-text"), [](Stage &stage) {
        stage.open(people());
        Photographer::settle();
        stage.window->homePage()->choose(QStringLiteral("ben"));
        emit stage.window->homePage()->contactPage()->sendTextWanted();
        return shownDialog<gui::SendTextDialog>(stage);
    });
    camera.take(QStringLiteral("46-link"), [](Stage &stage) {
        auto info = transfer(1, QStringLiteral("ben"), TransferState::Delivered, HOSTILE_NAME);
        info.text = QStringLiteral("https://example.org/a-long-link?with=a&question");
        stage.engine.transferList = {info};
        stage.open(people());
        stage.window->homePage()->choose(QStringLiteral("ben"));
        emit stage.window->homePage()->contactPage()->transferList()->wanted(
            gui::TransferAction::ShowText, info.id);
        return shownDialog<gui::TextDialog>(stage);
    });
    camera.take(QStringLiteral("47-recipients"), [](Stage &stage) {
        stage.open(people());
        auto *dialog = new gui::RecipientsDialog(LONG_NAME, people().mid(0, 3),
                                                 {QStringLiteral("ben")}, stage.window.get());
        dialog->open();
        return dialog;
    });
    camera.take(QStringLiteral("48-limit"), [](Stage &stage) {
        stage.engine.transferList = everyState();
        stage.open(people());
        emit stage.window->homePage()->contactPage()->transferList()->wanted(
            gui::TransferAction::Limit, transferId(11));
        return shownDialog<gui::LimitDialog>(stage);
    });
    camera.take(QStringLiteral("49-text-offered"), [](Stage &stage) {
        stage.open(people());
        auto offer = offerOf(60, HOSTILE_NAME, QStringLiteral("hello"), 0);
        offer.text = QStringLiteral("<b>hello</b>\nhttps://example.org");
        stage.engine.offer(offer);
        QTest::qWait(600);
        return shownDialog<gui::AcceptPrompt>(stage);
    });
}

} // namespace

int main(int argc, char *argv[])
{
    if (qEnvironmentVariableIsEmpty("DISPLAY")) {
        std::printf("SKIPPED: there is no screen to render for\n");
        return 0;
    }
    QApplication application(argc, argv);
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/postern.svg")));
    gui::installTranslations(application);
    QTemporaryDir passing;
    const QDir folder(qEnvironmentVariable("POSTERN_SHOTS_DIR", passing.path()));
    if (!folder.mkpath(QStringLiteral("."))) {
        std::fprintf(stderr, "Can't create the folder %s.\n", qPrintable(folder.path()));
        return 1;
    }
    int taken = 0;
    int wanted = 0;
    for (const auto look : {gui::ThemeChoice::Light, gui::ThemeChoice::Dark}) {
        Photographer camera(folder, look);
        welcomePages(camera);
        emptyPages(camera);
        transferPages(camera);
        contactPages(camera);
        crowdedPages(camera);
        offers(camera);
        dialogs(camera);
        queuePages(camera);
        historyPages(camera);
        moreDialogs(camera);
        taken += camera.taken;
        wanted += camera.wanted;
    }
    std::printf("%d of %d screenshots in %s\n", taken, wanted, qPrintable(folder.absolutePath()));
    return taken == wanted ? 0 : 1;
}
