#pragma once
// One transfer that is over, with all that is remembered of it: its files and their hashes,
// or its text. Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QBoxLayout;
class QGridLayout;
class QTreeView;

namespace postern::gui {

class HistoryFilesModel;

class HistoryDialog : public QDialog {
    Q_OBJECT

public:
    HistoryDialog(const HistoryEntry &entry, QWidget *parent = nullptr);

    void present(const QList<HistoryFile> &files);
    QTreeView *files() const { return m_files; } ///< none for a text

signals:
    void openFolderWanted(const QString &folder);
    void clearWanted(qint64 key);

private:
    QGridLayout *makeFacts();
    QWidget *makeText();
    QWidget *makeFiles();
    void addButtons(QBoxLayout *layout);

    HistoryEntry m_entry;
    HistoryFilesModel *m_model;
    QTreeView *m_files = nullptr;
};

} // namespace postern::gui
