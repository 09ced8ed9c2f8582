#include "app/gui/flows/transfer_flow.h"

#include "app/gui/desktop/notifier.h"
#include "app/gui/dialogs/limit_dialog.h"
#include "app/gui/dialogs/text_dialog.h"
#include "app/gui/models/transfer_model.h"
#include "app/gui/text/display_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QUrl>

#include <utility>

namespace postern::gui {

namespace {
constexpr std::chrono::milliseconds TELL_TOGETHER{400};
constexpr int TOLD_ONE_BY_ONE = 3; ///< more at once become one notification
} // namespace

TransferFlow::TransferFlow(Engine &engine, TransferModel &transfers, DesktopNotifier &notifier,
                           QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_transfers(transfers)
    , m_notifier(notifier)
    , m_window(window)
{
    m_tell.setSingleShot(true);
    m_tell.setInterval(TELL_TOGETHER);
    connect(&m_tell, &QTimer::timeout, this, &TransferFlow::tellOfEnded);
    connect(&engine, &Engine::transferChanged, this, &TransferFlow::changed);
    connect(&notifier, &DesktopNotifier::noticeOpened, this, &TransferFlow::contactWanted);
}

void TransferFlow::act(TransferAction action, const TransferId &id)
{
    m_transfers.flush();
    const auto *known = m_transfers.find(id);
    if (!known)
        return;
    const auto transfer = *known; // what follows may take its row away
    switch (action) {
    case TransferAction::OpenFolder: emit openFolderWanted(folderOf(transfer)); break;
    case TransferAction::ShowText: showText(transfer); break;
    case TransferAction::CopyText: QGuiApplication::clipboard()->setText(transfer.text); break;
    case TransferAction::Pause: m_engine.pauseTransfer(id); break;
    case TransferAction::Resume: m_engine.resumeTransfer(id); break;
    case TransferAction::Retry: m_engine.retryTransfer(id); break;
    case TransferAction::MoveUp: move(id, transfer.place - 1); break;
    case TransferAction::MoveDown: move(id, transfer.place + 1); break;
    case TransferAction::Limit: askForLimit(transfer); break;
    case TransferAction::Cancel: m_engine.cancelTransfer(id); break;
    case TransferAction::Remove: m_transfers.remove(id); break;
    }
}

void TransferFlow::move(const TransferId &id, int place)
{
    if (place >= 0)
        m_engine.moveTransfer(id, place);
}

void TransferFlow::askForLimit(const TransferInfo &transfer)
{
    auto *dialog = new LimitDialog(transfer.title, transfer.bytesPerSecond, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &LimitDialog::limitWanted, this,
            [this, id = transfer.id](qint64 rate) { m_engine.setTransferLimit(id, rate); });
    dialog->open();
}

void TransferFlow::showText(const TransferInfo &transfer)
{
    const auto name = quotable(transfer.contact);
    auto *dialog = new TextDialog(
        transfer.direction == Direction::Sending ? tr("To %1").arg(name) : tr("From %1").arg(name),
        transfer.text, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &TextDialog::openLinkWanted, this, &TransferFlow::openLinkWanted);
    dialog->open();
}

void TransferFlow::changed(const TransferInfo &transfer)
{
    if (!transfer.finished()) {
        m_running.insert(transfer.id);
        return;
    }
    // What was already over when it was first heard of is no news.
    if (!m_running.remove(transfer.id) || transfer.state == TransferState::Cancelled
        || m_window->isActiveWindow())
        return;
    m_ended.append(transfer);
    if (!m_tell.isActive())
        m_tell.start();
}

void TransferFlow::tellOfEnded()
{
    const auto ended = std::exchange(m_ended, {});
    if (ended.size() > TOLD_ONE_BY_ONE) {
        m_notifier.say(noticeOf(ended));
        return;
    }
    for (const auto &transfer : ended)
        m_notifier.say(noticeOf(transfer));
}

} // namespace postern::gui
