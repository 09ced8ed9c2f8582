#pragma once
// The list of contacts, several of which can be selected; what is dropped on a row is for it,
// and where the row is selected for all that are. Thread: GUI.

#include "app/gui/widgets/row_list.h"

class QMimeData;

namespace postern::gui {

class ContactDelegate;
class Theme;

class ContactList : public RowList {
    Q_OBJECT

public:
    explicit ContactList(const Theme &theme, QWidget *parent = nullptr);

    ContactDelegate *rows() const { return m_rows; }
    /// Selected ones that can be sent to, in their order.
    QStringList chosenContacts() const;

signals:
    /// `data` lives as long as the call.
    void dropped(const QStringList &contacts, const QMimeData *data);

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
