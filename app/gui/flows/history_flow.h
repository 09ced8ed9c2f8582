#pragma once
// Searching what was sent and received, a page at a time; looking into it, exporting it,
// clearing it. Thread: GUI.

#include "core/engine.h"

#include <QTimer>

namespace postern::gui {

class HistoryModel;
class HistoryPage;

class HistoryFlow : public QObject {
    Q_OBJECT

public:
    HistoryFlow(Engine &engine, HistoryPage &page, HistoryModel &model, QWidget *window);

    /// Opens the page with these words searched for.
    void show(const QString &words);
    void exportTo(const QString &file);

signals:
    void pageWanted();
    void openFolderWanted(const QString &folder);

private:
    void search();
    void more();
    void readAgain();
    void detail(qint64 key);
    void clear(qint64 key);
    void chooseExport();

    Engine &m_engine;
    HistoryPage &m_page;
    HistoryModel &m_model;
    QWidget *m_window;
    QTimer m_readAgain; ///< gathers a burst of new entries
    int m_search = 0; ///< answers to earlier ones come too late
};

} // namespace postern::gui
