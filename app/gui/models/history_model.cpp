#include "app/gui/models/history_model.h"

#include "app/gui/models/transfer_actions.h"
#include "app/gui/text/display_text.h"

#include <QLocale>

#include <algorithm>

namespace postern::gui {

namespace {

TransferInfo asTransfer(const HistoryEntry &entry)
{
    TransferInfo transfer;
    transfer.direction = entry.direction;
    transfer.state = entry.result;
    transfer.location = entry.location;
    transfer.text = entry.text;
    return transfer;
}

} // namespace

QString resultText(const HistoryEntry &entry) { return stateWord(asTransfer(entry)); }

QString waysText(const HistoryEntry &entry)
{
    const auto ways = entry.pathKinds.join(QStringLiteral(", ")).toUpper();
    return entry.relayedBytes > 0
        ? HistoryModel::tr("%1 (%2 by relay)").arg(ways, byteText(entry.relayedBytes))
        : ways;
}

void HistoryModel::replace(const QList<HistoryEntry> &entries, bool complete)
{
    beginResetModel();
    m_entries = entries;
    m_complete = complete;
    m_asked = false;
    endResetModel();
}

void HistoryModel::append(const QList<HistoryEntry> &older, bool complete)
{
    m_complete = complete;
    m_asked = false;
    if (older.isEmpty())
        return;
    const int first = static_cast<int>(m_entries.size());
    beginInsertRows({}, first, first + static_cast<int>(older.size()) - 1);
    m_entries += older;
    endInsertRows();
}

const HistoryEntry *HistoryModel::find(qint64 key) const
{
    const auto found = std::find_if(m_entries.begin(), m_entries.end(),
                                    [key](const auto &entry) { return entry.key == key; });
    return found == m_entries.end() ? nullptr : &*found;
}

int HistoryModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_entries.size());
}

QVariant HistoryModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const auto &entry = m_entries[index.row()];
    const bool sending = entry.direction == Direction::Sending;
    switch (role) {
    case KeyRole: return entry.key;
    case Qt::DisplayRole:
    case TitleRole: return visibleText(entry.title);
    case SummaryRole: {
        const auto name = quotable(entry.contact);
        QStringList parts{sending ? tr("To %1").arg(name) : tr("From %1").arg(name),
                          QLocale().toString(entry.endedAt, QLocale::ShortFormat)};
        if (!entry.text.isEmpty())
            parts << (isLink(entry.text) ? tr("Link") : tr("Text"));
        else
            parts << byteText(entry.totalBytes);
        if (const auto ways = waysText(entry); !ways.isEmpty())
            parts << ways;
        if (entry.averageRate > 0 && entry.text.isEmpty())
            parts << rateText(entry.averageRate);
        return parts.join(QStringLiteral(" · "));
    }
    case ResultRole: return resultText(entry);
    case WellRole: return entry.result == TransferState::Delivered;
    case SendingRole: return sending;
    case TextRole: return !entry.text.isEmpty();
    case FolderRole: return folderOf(asTransfer(entry));
    case Qt::ToolTipRole:
    case Qt::AccessibleTextRole: {
        QStringList parts{visibleText(entry.title), resultText(entry),
                          data(index, SummaryRole).toString()};
        if (!entry.problem.isEmpty())
            parts << visibleText(entry.problem);
        const auto text = parts.join(QLatin1Char('\n'));
        return role == Qt::ToolTipRole ? plainToolTip(text) : text;
    }
    default: return {};
    }
}

bool HistoryModel::canFetchMore(const QModelIndex &parent) const
{
    return !parent.isValid() && !m_complete && !m_asked;
}

void HistoryModel::fetchMore(const QModelIndex &parent)
{
    if (!canFetchMore(parent))
        return;
    m_asked = true;
    emit moreWanted();
}

} // namespace postern::gui
