#pragma once
// A one-line label for foreign text: plain, made visible, its middle elided to the width
// it gets. It asks for little width, so no name can push anything off the screen.
// Thread: GUI.

#include <QWidget>

namespace postern::gui {

class ElidedLabel : public QWidget {
    Q_OBJECT

public:
    explicit ElidedLabel(QWidget *parent = nullptr);

    void setText(const QString &foreign);
    QString text() const { return m_text; }
    /// What is painted at the present width.
    QString shownText() const;
    void setMuted(bool muted);
    void setBold(bool bold);
    void setPixelSize(int size);
    /// The middle goes by default, for names; the end may go in sentences of ours.
    void setElideMode(Qt::TextElideMode mode);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_text;
    Qt::TextElideMode m_elide = Qt::ElideMiddle;
};

} // namespace postern::gui
