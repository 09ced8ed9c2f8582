#pragma once
// A line for a password with an eye to show it. Thread: GUI.

#include <QLineEdit>

namespace postern::gui {

class Theme;

class PasswordField : public QLineEdit {
    Q_OBJECT

public:
    explicit PasswordField(const Theme &theme, QWidget *parent = nullptr);

private:
    void setShown(bool shown);

    const Theme &m_theme;
    QAction *m_eye;
};

} // namespace postern::gui
