#pragma once
// A delegate whose rows carry icon buttons. The buttons are painted, so that a thousand
// rows cost no thousand widgets; each has its equal in the row's menu for the keyboard.
// Thread: GUI.

#include <QStyledItemDelegate>

namespace postern::gui {

class Theme;

struct RowButton {
    int id = 0;
    QString icon;
    QString text; ///< tool tip
    QColor ink;
    QRect rect;
};

class RowDelegate : public QStyledItemDelegate {
    Q_OBJECT

public:
    explicit RowDelegate(const Theme &theme, QObject *parent = nullptr);

    /// Where a button of the row is, for tests and tool tips; an invalid rect if absent.
    QRect buttonRect(int id, const QRect &row, const QModelIndex &index) const;

signals:
    void buttonClicked(int id, const QModelIndex &index);

protected:
    static constexpr int BUTTON = 30;

    /// The row's buttons, placed from `right` leftwards; their rects are filled in here.
    virtual QList<RowButton> buttonsOf(const QModelIndex &index) const = 0;
    virtual int buttonsRight(const QRect &row) const = 0;

    QList<RowButton> placedButtons(const QRect &row, const QModelIndex &index) const;
    /// Paints them and returns the x at which the text must end.
    int paintButtons(QPainter &painter, const QStyleOptionViewItem &option,
                     const QModelIndex &index) const;

    bool editorEvent(QEvent *event, QAbstractItemModel *model, const QStyleOptionViewItem &option,
                     const QModelIndex &index) override;
    bool helpEvent(QHelpEvent *event, QAbstractItemView *view, const QStyleOptionViewItem &option,
                   const QModelIndex &index) override;

    const Theme &m_theme;

private:
    int m_pressed = -1;
};

} // namespace postern::gui
