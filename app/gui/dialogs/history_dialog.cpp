#include "app/gui/dialogs/history_dialog.h"

#include "app/gui/models/history_files_model.h"
#include "app/gui/models/history_model.h"
#include "app/gui/models/transfer_actions.h"
#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/text_label.h"

#include <QClipboard>
#include <QGridLayout>
#include <QGuiApplication>
#include <QHeaderView>
#include <QLabel>
#include <QLocale>
#include <QPlainTextEdit>
#include <QTreeView>
#include <QVBoxLayout>

namespace postern::gui {

namespace {

constexpr QSize SIZE{620, 520};
constexpr int SIZE_COLUMN = 88;
constexpr int HASH_COLUMN = 200;

/// A QTreeView wants more rows whenever it lays out those it has, and would soon have read all of
/// them; this one wants them where its end is looked at, as other views do.
class FilesView final : public QTreeView {
public:
    FilesView(HistoryFilesModel &model, QWidget *parent)
        : QTreeView(parent)
        , m_files(model)
    {
        setModel(&model);
    }

    void doItemsLayout() override
    {
        m_files.hold(true);
        QTreeView::doItemsLayout();
        m_files.hold(false);
    }

private:
    HistoryFilesModel &m_files;
};

QString folderIn(const HistoryEntry &entry)
{
    TransferInfo transfer;
    transfer.direction = entry.direction;
    transfer.state = entry.result;
    transfer.location = entry.location;
    transfer.text = entry.text;
    return folderOf(transfer);
}

} // namespace

HistoryDialog::HistoryDialog(const HistoryEntry &entry, QWidget *parent)
    : QDialog(parent)
    , m_entry(entry)
    , m_model(new HistoryFilesModel(this))
    , m_problem(wrappedLabel({}, "error", this))
{
    setWindowTitle(tr("Details"));
    resize(SIZE);
    auto *title = new ElidedLabel(this);
    title->setText(entry.title);
    title->setPixelSize(20);
    title->setBold(true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::M);
    layout->addWidget(title);
    layout->addLayout(makeFacts());
    if (!entry.problem.isEmpty())
        layout->addWidget(wrappedLabel(visibleText(entry.problem), "error", this));
    layout->addWidget(entry.text.isEmpty() ? makeFiles() : makeText(), 1);
    layout->addWidget(m_problem);
    m_problem->hide();
    connect(m_model, &HistoryFilesModel::moreWanted, this, &HistoryDialog::filesWanted);
    addButtons(layout);
}

QGridLayout *HistoryDialog::makeFacts()
{
    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(space::M);
    grid->setVerticalSpacing(space::XS);
    grid->setColumnStretch(1, 1);
    const auto add = [this, grid](const QString &label, const QString &value) {
        if (value.isEmpty())
            return;
        const int row = grid->rowCount();
        auto *fact = new ElidedLabel(this);
        fact->setText(value);
        grid->addWidget(textLabel(label, "muted", this), row, 0);
        grid->addWidget(fact, row, 1);
    };
    const bool sending = m_entry.direction == Direction::Sending;
    const QLocale locale;
    add(tr("Result"), resultText(m_entry));
    add(sending ? tr("To") : tr("From"),
        m_entry.device.isEmpty() ? m_entry.contact
                                 : tr("%1, device “%2”").arg(m_entry.contact, m_entry.device));
    add(tr("Begun"), locale.toString(m_entry.startedAt, QLocale::ShortFormat));
    add(tr("Ended"), locale.toString(m_entry.endedAt, QLocale::ShortFormat));
    if (m_entry.text.isEmpty()) {
        const auto amount = m_entry.bytes == m_entry.totalBytes
            ? byteText(m_entry.totalBytes)
            : tr("%1 of %2").arg(byteText(m_entry.bytes), byteText(m_entry.totalBytes));
        add(tr("Size"), fileCountText(m_entry.files) + QStringLiteral(" · ") + amount);
        if (m_entry.averageRate > 0)
            add(tr("Average speed"), rateText(m_entry.averageRate));
    }
    add(tr("Way"), waysText(m_entry));
    add(tr("Folder"), folderIn(m_entry));
    return grid;
}

QWidget *HistoryDialog::makeText()
{
    auto *text = new QPlainTextEdit(this);
    text->setPlainText(m_entry.text);
    text->setReadOnly(true);
    text->setTabChangesFocus(true);
    text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    text->setAccessibleName(tr("The text"));
    return text;
}

QWidget *HistoryDialog::makeFiles()
{
    m_files = new FilesView(*m_model, this);
    m_files->setProperty("role", QStringLiteral("boxed"));
    m_files->setAccessibleName(tr("Files"));
    m_files->setRootIsDecorated(false);
    m_files->setUniformRowHeights(true);
    m_files->setTextElideMode(Qt::ElideMiddle);
    m_files->setTabKeyNavigation(false);
    auto *header = m_files->header();
    header->setStretchLastSection(false);
    header->setSectionResizeMode(HistoryFilesModel::NameColumn, QHeaderView::Stretch);
    header->setSectionResizeMode(HistoryFilesModel::SizeColumn, QHeaderView::Fixed);
    header->setSectionResizeMode(HistoryFilesModel::HashColumn, QHeaderView::Interactive);
    header->resizeSection(HistoryFilesModel::SizeColumn, SIZE_COLUMN);
    header->resizeSection(HistoryFilesModel::HashColumn, HASH_COLUMN);
    return m_files;
}

void HistoryDialog::addButtons(QBoxLayout *layout)
{
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    auto *remove = textButton(tr("&Remove from the history…"), "", this);
    auto *close = textButton(tr("C&lose"), "", this);
    connect(remove, &QPushButton::clicked, this, [this] { emit clearWanted(m_entry.key); });
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    buttons->addWidget(remove);
    buttons->addStretch();
    buttons->addWidget(close);
    if (!m_entry.text.isEmpty()) {
        auto *copy = textButton(tr("&Copy"), "primary", this);
        connect(copy, &QPushButton::clicked, this,
                [this] { QGuiApplication::clipboard()->setText(m_entry.text); });
        buttons->addWidget(copy);
    } else if (const auto folder = folderIn(m_entry); !folder.isEmpty()) {
        auto *open = textButton(tr("&Open the folder"), "primary", this);
        connect(open, &QPushButton::clicked, this,
                [this, folder] { emit openFolderWanted(folder); });
        buttons->addWidget(open);
    }
    layout->addLayout(buttons);
    close->setFocus();
}

void HistoryDialog::wantFiles() { m_model->fetchMore({}); }

void HistoryDialog::append(const HistoryFilesPage &page) { m_model->append(page); }

void HistoryDialog::endFiles(const QString &problem)
{
    m_model->end();
    m_problem->setText(visibleText(problem));
    m_problem->show();
}

} // namespace postern::gui
