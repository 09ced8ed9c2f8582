#include "app/gui/flows/history_flow.h"

#include "app/gui/dialogs/history_dialog.h"
#include "app/gui/dialogs/question.h"
#include "app/gui/models/history_files_model.h"
#include "app/gui/models/history_model.h"
#include "app/gui/pages/history_page.h"
#include "app/gui/text/display_text.h"

#include <QDir>
#include <QFileDialog>
#include <QPushButton>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr std::chrono::milliseconds READ_AGAIN_AFTER{300};
}

HistoryFlow::HistoryFlow(Engine &engine, HistoryPage &page, HistoryModel &model, QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_page(page)
    , m_model(model)
    , m_window(window)
{
    m_readAgain.setSingleShot(true);
    m_readAgain.setInterval(READ_AGAIN_AFTER);
    connect(&m_readAgain, &QTimer::timeout, this, &HistoryFlow::readAgain);
    connect(&engine, &Engine::historyChanged, &m_readAgain, [this] {
        if (m_page.isVisible() && !m_readAgain.isActive())
            m_readAgain.start();
    });
    connect(&model, &HistoryModel::moreWanted, this, &HistoryFlow::more);
    connect(&page, &HistoryPage::searchWanted, this, &HistoryFlow::search);
    connect(&page, &HistoryPage::detailWanted, this, &HistoryFlow::detail);
    connect(&page, &HistoryPage::clearWanted, this, &HistoryFlow::clear);
    connect(&page, &HistoryPage::exportWanted, this, &HistoryFlow::chooseExport);
    connect(&page, &HistoryPage::openFolderWanted, this, &HistoryFlow::openFolderWanted);
}

void HistoryFlow::show(const QString &words)
{
    emit pageWanted();
    m_page.setWords(words);
    search();
}

void HistoryFlow::search()
{
    const int number = ++m_search;
    m_engine.searchHistory({m_page.words(), 0, HistoryModel::PAGE}, this,
                           [this, number](const Result<QList<HistoryEntry>> &found) {
                               if (number != m_search)
                                   return;
                               if (!found)
                                   m_page.say(found.error().message, true);
                               m_model.replace(found ? *found : QList<HistoryEntry>(),
                                               !found || found->size() < HistoryModel::PAGE);
                           });
}

void HistoryFlow::more()
{
    m_engine.searchHistory({m_page.words(), m_model.oldestKey(), HistoryModel::PAGE}, this,
                           [this, number = m_search](const Result<QList<HistoryEntry>> &found) {
                               if (number != m_search)
                                   return;
                               if (!found)
                                   m_page.say(found.error().message, true);
                               m_model.append(found ? *found : QList<HistoryEntry>(),
                                              !found || found->size() < HistoryModel::PAGE);
                           });
}

void HistoryFlow::readAgain()
{
    const int number = ++m_search;
    const int most = std::max(HistoryModel::PAGE, m_model.rowCount());
    m_engine.searchHistory({m_page.words(), 0, most}, this,
                           [this, number, most](const Result<QList<HistoryEntry>> &found) {
                               if (number != m_search || !found)
                                   return;
                               const int position = m_page.scrollPosition();
                               m_model.replace(*found, found->size() < most);
                               m_page.setScrollPosition(position);
                           });
}

void HistoryFlow::detail(qint64 key)
{
    const auto *entry = m_model.find(key);
    if (!entry)
        return;
    auto *dialog = new HistoryDialog(*entry, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &HistoryDialog::openFolderWanted, this, &HistoryFlow::openFolderWanted);
    connect(dialog, &HistoryDialog::clearWanted, this, [this, dialog](qint64 which) {
        dialog->close();
        clear(which);
    });
    connect(dialog, &HistoryDialog::filesWanted, this, [this, dialog, key](qint64 from) {
        m_engine.historyFiles({key, from, HistoryFilesModel::PAGE}, dialog,
                              [dialog](const Result<HistoryFilesPage> &page) {
                                  if (page)
                                      dialog->append(*page);
                                  else
                                      dialog->endFiles(page.error().message);
                              });
    });
    if (entry->text.isEmpty())
        dialog->wantFiles();
    dialog->open();
}

void HistoryFlow::clear(qint64 key)
{
    const auto *entry = m_model.find(key);
    if (key != 0 && !entry)
        return;
    auto *question = new Question(
        key == 0 ? tr("Clear the whole history?")
                 : tr("Remove %1 from the history?").arg(quotable(entry->title)),
        tr("It is forgotten on this computer. Files that were sent or received stay where they "
           "are."),
        m_window);
    question->addAnswer(key == 0 ? tr("Clear &all") : tr("&Remove"), "danger", [this, key] {
        m_engine.clearHistory(key, this, [this](const Result<void> &result) {
            if (!result)
                m_page.say(result.error().message, true);
            readAgain();
        });
    });
    question->addAnswer(tr("&Cancel"), "", {})->setFocus();
    question->open();
}

void HistoryFlow::chooseExport()
{
    auto *dialog = new QFileDialog(m_window, tr("Export the history"), QDir::homePath());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setNameFilters({tr("Table (*.csv)"), tr("JSON lines (*.jsonl)")});
    dialog->setDefaultSuffix(QStringLiteral("csv"));
    dialog->setOption(QFileDialog::DontConfirmOverwrite); // no file is ever replaced
    connect(dialog, &QFileDialog::filterSelected, dialog, [dialog](const QString &filter) {
        dialog->setDefaultSuffix(filter.contains(QLatin1String("jsonl")) ? QStringLiteral("jsonl")
                                                                         : QStringLiteral("csv"));
    });
    dialog->selectFile(QStringLiteral("postern-history"));
    connect(dialog, &QFileDialog::fileSelected, this, &HistoryFlow::exportTo);
    dialog->open();
}

void HistoryFlow::exportTo(const QString &file)
{
    m_engine.exportHistory(file, this, [this, file](const Result<void> &result) {
        m_page.say(result ? tr("The history was written to %1.").arg(file) : result.error().message,
                   !result);
    });
}

} // namespace postern::gui
