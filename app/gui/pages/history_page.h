#pragma once
// Everything that was sent and received, to search, look into, export and clear. Thread: GUI.

#include "app/gui/models/history_model.h"

#include <QTimer>
#include <QWidget>

class QLineEdit;
class QPushButton;
class QStackedWidget;

namespace postern::gui {

class EmptyState;
class HistoryDelegate;
class MessageStrip;
class RowList;
class Theme;

class HistoryPage : public QWidget {
    Q_OBJECT

public:
    HistoryPage(const Theme &theme, HistoryModel &model, QWidget *parent = nullptr);

    QString words() const;
    void setWords(const QString &words);
    /// A sentence above the list.
    void say(const QString &sentence, bool problem);
    /// Rows that were read again stay where they were.
    int scrollPosition() const;
    void setScrollPosition(int position);

    QLineEdit *searchField() const { return m_search; }
    RowList *list() const { return m_list; }
    HistoryDelegate *rows() const { return m_rows; }
    EmptyState *emptyState() const { return m_empty; }
    MessageStrip *strip() const { return m_strip; }

signals:
    void closed();
    void searchWanted(const QString &words);
    void detailWanted(qint64 key);
    void openFolderWanted(const QString &folder);
    void clearWanted(qint64 key); ///< 0: all
    void exportWanted();

private:
    QWidget *makeHeader(const Theme &theme);
    void wireList();
    void showMenu(const QModelIndex &index, const QPoint &globalPosition);
    void refresh();

    HistoryModel &m_model;
    QTimer m_searchDue; ///< typing is not one search a key
    QLineEdit *m_search = nullptr;
    QPushButton *m_export = nullptr;
    QPushButton *m_clear = nullptr;
    MessageStrip *m_strip;
    QStackedWidget *m_body;
    RowList *m_list;
    HistoryDelegate *m_rows;
    EmptyState *m_empty;
};

} // namespace postern::gui
