#pragma once
// A pane that takes files, texts and links dropped anywhere on it, and says so while they
// hover.
// Thread: GUI.

#include <QWidget>

class QMimeData;

namespace postern::gui {

class Theme;

class DropArea : public QWidget {
    Q_OBJECT

public:
    explicit DropArea(const Theme &theme, QWidget *parent = nullptr);

    /// What the pane says while something hovers over it; empty refuses drops.
    void setInvitation(const QString &sentence);
    bool highlighted() const;

signals:
    void dropped(const QMimeData *data); ///< as long as the call lasts

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragLeaveEvent(QDragLeaveEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    class Overlay;

    void setHighlighted(bool on);

    QString m_invitation;
    Overlay *m_overlay;
};

} // namespace postern::gui
