#pragma once
// The transfers with one contact. Everything a row's buttons do is in its menu and on the
// keyboard too. What waits in line can be dragged to another place in it. Thread: GUI.

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
    void wanted(postern::gui::TransferAction action, const postern::TransferId &id);
    /// A row of the line was dropped on another's place.
    void moveWanted(const postern::TransferId &id, int place);

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragMoveEvent(QDragMoveEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void act(TransferAction action, const QModelIndex &index);
    void open(const QModelIndex &index);
    void showMenu(const QModelIndex &index, const QPoint &globalPosition);
    void setDropTarget(const QModelIndex &index);

    TransferDelegate *m_rows;
};

} // namespace postern::gui
