#pragma once
// The list of contacts; files and folders can be dropped on a row. Thread: GUI.

#include "app/gui/widgets/row_list.h"

namespace postern::gui {

class ContactDelegate;
class Theme;

class ContactList : public RowList {
    Q_OBJECT

public:
    explicit ContactList(const Theme &theme, QWidget *parent = nullptr);

    ContactDelegate *rows() const { return m_rows; }

signals:
    void dropped(const QString &contact, const QStringList &paths);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragMoveEvent(QDragMoveEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void setDropTarget(const QModelIndex &index);

    ContactDelegate *m_rows;
};

} // namespace postern::gui
