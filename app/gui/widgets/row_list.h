#pragma once
// A list of painted rows: pixel scrolling, buttons that light up under the mouse, Return
// and the menu key for the keyboard. Thread: GUI.

#include <QListView>

namespace postern::gui {

class RowList : public QListView {
    Q_OBJECT

public:
    explicit RowList(QWidget *parent = nullptr);

signals:
    /// Return or Enter on the current row.
    void opened(const QModelIndex &index);
    /// Delete on the current row.
    void removed(const QModelIndex &index);
    /// A menu is wanted for this row, by mouse or keyboard.
    void menuWanted(const QModelIndex &index, const QPoint &globalPosition);

protected:
    void mouseMoveEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
};

} // namespace postern::gui
