#pragma once
// One transfer that is over, with all that is remembered of it: its files and their hashes,
// or its text. Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QBoxLayout;
class QGridLayout;
class QLabel;
class QTreeView;

namespace postern::gui {

class HistoryFilesModel;

class HistoryDialog : public QDialog {
    Q_OBJECT

public:
    HistoryDialog(const HistoryEntry &entry, QWidget *parent = nullptr);

    void wantFiles(); ///< the first of them; more as the list is scrolled
    void append(const HistoryFilesPage &page);
    /// Why there are no more, in a sentence.
    void endFiles(const QString &problem);
    QTreeView *files() const { return m_files; } ///< none for a text

signals:
    void openFolderWanted(const QString &folder);
    void clearWanted(qint64 key);
    void filesWanted(qint64 from);

private:
    QGridLayout *makeFacts();
    QWidget *makeText();
    QWidget *makeFiles();
    void addButtons(QBoxLayout *layout);

    HistoryEntry m_entry;
    HistoryFilesModel *m_model;
    QTreeView *m_files = nullptr;
    QLabel *m_problem;
};

} // namespace postern::gui
