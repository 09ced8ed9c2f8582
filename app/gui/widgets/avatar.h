#pragma once
// A contact's round picture as a widget of its own. Thread: GUI.

#include <QWidget>

namespace postern::gui {

class Theme;

class Avatar : public QWidget {
    Q_OBJECT

public:
    Avatar(const Theme &theme, const QString &letter, int size, QWidget *parent = nullptr);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const Theme &m_theme;
    QString m_letter;
};

} // namespace postern::gui
