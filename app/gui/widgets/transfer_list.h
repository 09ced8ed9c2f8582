#pragma once
// The transfers with one contact. Everything a row's buttons do is in its menu and on the
// keyboard too: Return opens the folder, Delete cancels. Thread: GUI.

#include "app/gui/models/transfer_model.h"
#include "app/gui/widgets/row_list.h"

namespace postern::gui {

class Theme;
class TransferDelegate;

class TransferList : public RowList {
    Q_OBJECT

public:
    explicit TransferList(const Theme &theme, QWidget *parent = nullptr);

    TransferDelegate *rows() const { return m_rows; }

signals:
    void cancelWanted(const postern::TransferId &id);
    void openFolderWanted(const QString &folder);

private:
    void cancel(const QModelIndex &index);
    void openFolder(const QModelIndex &index);
    void showMenu(const QModelIndex &index, const QPoint &globalPosition);

    TransferDelegate *m_rows;
};

} // namespace postern::gui
