#include "app/gui/models/transfer_model.h"

#include "app/gui/text/display_text.h"

#include <QCoreApplication>

#include <algorithm>
#include <chrono>

namespace postern::gui {

namespace {

constexpr std::chrono::milliseconds REPAINT_EVERY{100};
const auto DOT = QStringLiteral(" · ");

TransferModel::Tone toneOf(const TransferInfo &transfer)
{
    switch (transfer.state) {
    case TransferState::Preparing:
    case TransferState::Offered:
    case TransferState::Queued:
    case TransferState::Paused:
    case TransferState::WaitingForContact: return TransferModel::Tone::Waiting;
    case TransferState::Connecting:
    case TransferState::Transferring:
    case TransferState::Resuming:
    case TransferState::Verifying: return TransferModel::Tone::Active;
    case TransferState::Stalled: return TransferModel::Tone::Waiting;
    case TransferState::Delivered: return TransferModel::Tone::Good;
    case TransferState::Failed: return TransferModel::Tone::Bad;
    case TransferState::Declined:
    case TransferState::Cancelled: break;
    }
    return TransferModel::Tone::Quiet;
}

double fractionOf(const TransferInfo &transfer)
{
    switch (transfer.state) {
    case TransferState::Connecting:
    case TransferState::Transferring:
    case TransferState::Stalled:
    case TransferState::Resuming:
    case TransferState::Paused:
    case TransferState::Verifying: break;
    default: return -1;
    }
    if (transfer.totalBytes <= 0)
        return transfer.state == TransferState::Verifying ? 1 : 0;
    return std::clamp(
        static_cast<double>(transfer.bytes) / static_cast<double>(transfer.totalBytes), 0.0, 1.0);
}

struct Words {
    Q_DECLARE_TR_FUNCTIONS(TransferRow)
};

QString badgeOf(const TransferInfo &transfer)
{
    return transfer.path ? pathKindName(transfer.path->kind).toUpper() : QString();
}

QString amountOf(const TransferInfo &transfer)
{
    if (!transfer.text.isEmpty())
        return isLink(transfer.text) ? Words::tr("Link") : Words::tr("Text");
    return transfer.files > 1 ? fileCountText(transfer.files) + DOT + byteText(transfer.totalBytes)
                              : byteText(transfer.totalBytes);
}

QString movingDetail(const TransferInfo &transfer)
{
    QStringList parts;
    if (transfer.files > 1)
        parts << fileCountText(transfer.files);
    parts << Words::tr("%1 of %2").arg(byteText(transfer.bytes), byteText(transfer.totalBytes));
    if (transfer.state == TransferState::Transferring) {
        if (transfer.rate > 0)
            parts << rateText(transfer.rate);
        if (transfer.secondsLeft >= 0)
            parts << Words::tr("%1 left").arg(durationText(transfer.secondsLeft));
    }
    if (transfer.bytesPerSecond > 0)
        parts << Words::tr("limit %1").arg(rateText(static_cast<double>(transfer.bytesPerSecond)));
    return parts.join(DOT);
}

int rankOf(const TransferInfo &transfer)
{
    if (transfer.finished())
        return 2;
    return transfer.place >= 0 ? 1 : 0;
}

} // namespace

TransferModel::TransferModel(QObject *parent)
    : QAbstractListModel(parent)
{
    m_repaint.setSingleShot(true);
    m_repaint.setInterval(REPAINT_EVERY);
    connect(&m_repaint, &QTimer::timeout, this, &TransferModel::flush);
}

void TransferModel::update(const TransferInfo &transfer)
{
    if (m_cleared.contains(transfer.id) && transfer.finished())
        return;
    if (!transfer.finished())
        m_cleared.remove(transfer.id); // begun again
    if (!m_pending.contains(transfer.id))
        m_pendingOrder.append(transfer.id);
    m_pending.insert(transfer.id, transfer);
    if (!m_repaint.isActive())
        m_repaint.start();
}

void TransferModel::replace(const QList<TransferInfo> &transfers)
{
    m_repaint.stop();
    m_pending.clear();
    m_pendingOrder.clear();
    beginResetModel();
    m_rows.clear();
    m_rowOf.clear();
    for (const auto &transfer : transfers) {
        m_rowOf.insert(transfer.id, static_cast<int>(m_rows.size()));
        m_rows.append(transfer);
    }
    countWaiting();
    endResetModel();
    emit settled();
}

void TransferModel::clearFinished(const QString &contact)
{
    removeRowsWhere([&contact](const auto &row) { return row.contact == contact; });
}

void TransferModel::remove(const TransferId &id)
{
    removeRowsWhere([&id](const auto &row) { return row.id == id; });
}

void TransferModel::removeRowsWhere(const std::function<bool(const TransferInfo &)> &wanted)
{
    flush();
    for (int row = static_cast<int>(m_rows.size()) - 1; row >= 0; --row) {
        if (!m_rows[row].finished() || !wanted(m_rows[row]))
            continue;
        m_cleared.insert(m_rows[row].id);
        beginRemoveRows({}, row, row);
        m_rows.removeAt(row);
        endRemoveRows();
    }
    m_rowOf.clear();
    for (int row = 0; row < m_rows.size(); ++row)
        m_rowOf.insert(m_rows[row].id, row);
    emit settled();
}

void TransferModel::countWaiting()
{
    m_waiting.clear();
    for (const auto &row : m_rows)
        if (row.place >= 0)
            ++m_waiting[row.contact];
}

void TransferModel::flush()
{
    m_repaint.stop();
    if (m_pending.isEmpty())
        return;
    QList<TransferInfo> fresh;
    QList<int> changed;
    for (const auto &id : m_pendingOrder) {
        const auto row = m_rowOf.value(id, -1);
        if (row < 0) {
            fresh.append(m_pending.value(id));
            continue;
        }
        m_rows[row] = m_pending.value(id);
        changed.append(row);
    }
    m_pending.clear();
    m_pendingOrder.clear();

    countWaiting();
    // One signal a run of neighbours: a thousand moving rows are one repaint.
    std::sort(changed.begin(), changed.end());
    for (qsizetype i = 0; i < changed.size();) {
        auto last = i;
        while (last + 1 < changed.size() && changed[last + 1] == changed[last] + 1)
            ++last;
        emit dataChanged(index(changed[i]), index(changed[last]));
        i = last + 1;
    }
    if (!fresh.isEmpty()) {
        const int first = static_cast<int>(m_rows.size());
        beginInsertRows({}, first, first + static_cast<int>(fresh.size()) - 1);
        for (const auto &transfer : fresh) {
            m_rowOf.insert(transfer.id, static_cast<int>(m_rows.size()));
            m_rows.append(transfer);
        }
        countWaiting();
        endInsertRows();
    }
    emit settled();
}

int TransferModel::runningCount() const
{
    return static_cast<int>(std::count_if(m_rows.begin(), m_rows.end(),
                                          [](const auto &row) { return !row.finished(); }));
}

bool TransferModel::hasFinished(const QString &contact) const
{
    return std::any_of(m_rows.begin(), m_rows.end(), [&contact](const auto &row) {
        return row.contact == contact && row.finished();
    });
}

const TransferInfo *TransferModel::find(const TransferId &id) const
{
    const auto row = m_rowOf.value(id, -1);
    return row < 0 ? nullptr : &m_rows[row];
}

int TransferModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

QVariant TransferModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto &transfer = m_rows[index.row()];
    switch (role) {
    case IdRole: return QVariant::fromValue(transfer.id);
    case ContactRole: return transfer.contact;
    case Qt::DisplayRole:
    case TitleRole: return visibleText(transfer.title);
    case DetailRole: return detailOf(transfer);
    case StateRole: return stateWord(transfer);
    case ToneRole: return static_cast<int>(toneOf(transfer));
    case FractionRole: return fractionOf(transfer);
    case ProblemRole: return transfer.problem ? visibleText(transfer.problem->message) : QString();
    case BadgeRole: return badgeOf(transfer);
    case SendingRole: return transfer.direction == Direction::Sending;
    case TextRole: return !transfer.text.isEmpty();
    case ActionsRole: return actionsOf(transfer, m_waiting.value(transfer.contact)).toInt();
    case PlaceRole: return transfer.place;
    case RankRole: return rankOf(transfer);
    case LocationRole: return folderOf(transfer);
    case StartedRole: return transfer.startedAt.toMSecsSinceEpoch();
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
        const auto text = accessibleText(transfer);
        return role == Qt::ToolTipRole ? plainToolTip(text) : text;
    }
    default: return {};
    }
}

Qt::ItemFlags TransferModel::flags(const QModelIndex &index) const
{
    const auto base = QAbstractListModel::flags(index);
    const bool waits = index.isValid() && m_rows[index.row()].place >= 0;
    return waits ? base | Qt::ItemIsDragEnabled : base;
}

QString TransferModel::detailOf(const TransferInfo &transfer) const
{
    switch (transfer.state) {
    case TransferState::Transferring:
    case TransferState::Stalled:
    case TransferState::Resuming:
    case TransferState::Paused:
    case TransferState::Verifying:
        return transfer.text.isEmpty() ? movingDetail(transfer) : amountOf(transfer);
    case TransferState::WaitingForContact:
        return amountOf(transfer) + DOT
            + (transfer.contact == m_ownName
                   ? tr("Will be sent when another device of yours is online")
                   : tr("Will be sent when %1 is online").arg(quotable(transfer.contact)));
    case TransferState::Queued:
        return amountOf(transfer) + DOT
            + (transfer.place > 0 ? tr("%n other(s) go first", nullptr, transfer.place)
                                  : tr("Next in line"));
    case TransferState::Delivered:
        if (!transfer.notes.isEmpty())
            return amountOf(transfer) + DOT + visibleText(transfer.notes.join(QLatin1Char(' ')));
        if (transfer.elapsedMs > 0 && transfer.text.isEmpty())
            return Words::tr("%1 in %2")
                .arg(amountOf(transfer),
                     durationText(std::max<qint64>(1, transfer.elapsedMs / 1000)));
        return amountOf(transfer);
    default: return amountOf(transfer);
    }
}

QString TransferModel::accessibleText(const TransferInfo &transfer) const
{
    QStringList parts{visibleText(transfer.title), stateWord(transfer), detailOf(transfer)};
    if (transfer.problem)
        parts << visibleText(transfer.problem->message);
    for (const auto &note : transfer.notes)
        parts << visibleText(note);
    return parts.join(QLatin1Char('\n'));
}

ContactTransfers::ContactTransfers(TransferModel *transfers, QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setSourceModel(transfers);
    sort(0);
}

void ContactTransfers::setContact(const QString &contact)
{
    if (contact == m_contact)
        return;
    m_contact = contact;
    invalidateFilter();
}

bool ContactTransfers::filterAcceptsRow(int row, const QModelIndex &parent) const
{
    return sourceModel()->index(row, 0, parent).data(TransferModel::ContactRole).toString()
        == m_contact;
}

bool ContactTransfers::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const int rank = left.data(TransferModel::RankRole).toInt();
    if (const int other = right.data(TransferModel::RankRole).toInt(); rank != other)
        return rank < other;
    if (rank == 1) {
        const int place = left.data(TransferModel::PlaceRole).toInt();
        if (const int other = right.data(TransferModel::PlaceRole).toInt(); place != other)
            return place < other;
    }
    const auto a = left.data(TransferModel::StartedRole).toLongLong();
    const auto b = right.data(TransferModel::StartedRole).toLongLong();
    return a != b ? a > b : left.row() > right.row();
}

} // namespace postern::gui
