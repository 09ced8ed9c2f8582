#include "app/gui/pages/history_page.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/empty_state.h"
#include "app/gui/widgets/history_delegate.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/row_list.h"
#include "app/gui/widgets/text_label.h"

#include <QLineEdit>
#include <QMenu>
#include <QScrollBar>
#include <QShortcut>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr std::chrono::milliseconds SEARCH_AFTER{200};
constexpr int SEARCH_WIDTH = 280;
constexpr int LONGEST_SEARCH = 200;

qint64 keyOf(const QModelIndex &index) { return index.data(HistoryModel::KeyRole).toLongLong(); }
} // namespace

HistoryPage::HistoryPage(const Theme &theme, HistoryModel &model, QWidget *parent)
    : QWidget(parent)
    , m_model(model)
    , m_strip(new MessageStrip(theme, this))
    , m_body(new QStackedWidget(this))
    , m_list(new RowList(this))
    , m_rows(new HistoryDelegate(theme, m_list))
    , m_empty(new EmptyState(theme, this))
{
    m_list->setItemDelegate(m_rows);
    m_list->setModel(&model);
    m_list->setAccessibleName(tr("History"));
    m_body->addWidget(m_list);
    m_body->addWidget(m_empty);
    auto *strip = new QVBoxLayout;
    strip->setContentsMargins(space::M, 0, space::M, space::S);
    strip->addWidget(m_strip);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(makeHeader(theme));
    layout->addLayout(strip);
    layout->addWidget(m_body, 1);

    m_searchDue.setSingleShot(true);
    m_searchDue.setInterval(SEARCH_AFTER);
    connect(&m_searchDue, &QTimer::timeout, this, [this] { emit searchWanted(words()); });
    connect(m_search, &QLineEdit::textChanged, &m_searchDue, qOverload<>(&QTimer::start));
    auto *escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &HistoryPage::closed);
    auto *find = new QShortcut(QKeySequence::Find, this);
    find->setContext(Qt::WidgetWithChildrenShortcut);
    connect(find, &QShortcut::activated, m_search, [this] { m_search->setFocus(); });
    wireList();
    refresh();
}

QWidget *HistoryPage::makeHeader(const Theme &theme)
{
    auto *header = new QWidget(this);
    auto *back = iconButton(theme, QStringLiteral("back"), tr("Back (Esc)"), header);
    m_search = new QLineEdit(header);
    m_search->setPlaceholderText(tr("Find a name, a file or a text"));
    m_search->setAccessibleName(tr("Find in the history"));
    m_search->setClearButtonEnabled(true);
    m_search->setMaxLength(LONGEST_SEARCH);
    m_search->setMaximumWidth(SEARCH_WIDTH);
    m_export = textButton(tr("&Export…"), "", header);
    m_clear = textButton(tr("&Clear all…"), "", header);
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(space::M, space::M, space::M, space::S);
    layout->setSpacing(space::S);
    layout->addWidget(back);
    layout->addWidget(textLabel(tr("History"), "title", header), 1);
    layout->addWidget(m_search, 2);
    layout->addWidget(m_export);
    layout->addWidget(m_clear);
    connect(back, &QToolButton::clicked, this, &HistoryPage::closed);
    connect(m_export, &QPushButton::clicked, this, &HistoryPage::exportWanted);
    connect(m_clear, &QPushButton::clicked, this, [this] { emit clearWanted(0); });
    return header;
}

void HistoryPage::wireList()
{
    const auto open = [this](const QModelIndex &index) { emit detailWanted(keyOf(index)); };
    connect(m_list, &RowList::opened, this, open);
    connect(m_list, &QAbstractItemView::doubleClicked, this, open);
    connect(m_list, &RowList::removed, this,
            [this](const QModelIndex &index) { emit clearWanted(keyOf(index)); });
    connect(m_list, &RowList::menuWanted, this, &HistoryPage::showMenu);
    connect(m_rows, &RowDelegate::buttonClicked, this, [this](int id, const QModelIndex &index) {
        if (id == HistoryDelegate::OpenFolder)
            emit openFolderWanted(index.data(HistoryModel::FolderRole).toString());
        else
            emit clearWanted(keyOf(index));
    });
    connect(&m_model, &QAbstractItemModel::modelReset, this, &HistoryPage::refresh);
}

void HistoryPage::showMenu(const QModelIndex &index, const QPoint &globalPosition)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    const auto key = keyOf(index);
    const auto folder = index.data(HistoryModel::FolderRole).toString();
    menu->addAction(tr("&Details\tReturn"), this, [this, key] { emit detailWanted(key); });
    if (!folder.isEmpty())
        menu->addAction(tr("&Open the folder"), this,
                        [this, folder] { emit openFolderWanted(folder); });
    menu->addSeparator();
    menu->addAction(tr("&Remove from the history…\tDel"), this,
                    [this, key] { emit clearWanted(key); });
    menu->popup(globalPosition);
}

QString HistoryPage::words() const { return m_search->text().trimmed(); }

void HistoryPage::setWords(const QString &words)
{
    m_search->setText(words);
    m_searchDue.stop(); // whoever sets them searches
    m_search->setFocus(Qt::OtherFocusReason);
}

void HistoryPage::say(const QString &sentence, bool problem)
{
    m_strip->say(problem ? MessageStrip::Kind::Danger : MessageStrip::Kind::Info,
                 visibleText(sentence));
}

int HistoryPage::scrollPosition() const { return m_list->verticalScrollBar()->value(); }

void HistoryPage::setScrollPosition(int position)
{
    m_list->doItemsLayout();
    m_list->verticalScrollBar()->setValue(position);
}

void HistoryPage::refresh()
{
    const bool any = m_model.rowCount() > 0;
    m_body->setCurrentWidget(any ? static_cast<QWidget *>(m_list) : m_empty);
    const bool all = words().isEmpty();
    m_export->setEnabled(any || !all);
    m_clear->setEnabled(any || !all);
    if (!any)
        m_empty->present(QStringLiteral("no-transfers"),
                         all ? tr("Nothing was sent or received yet. What you send and receive "
                                  "will be listed here.")
                             : tr("Nothing that was sent or received has these words."),
                         {});
}

} // namespace postern::gui
