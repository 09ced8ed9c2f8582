#pragma once
// The connection in words, along the bottom of the window. Thread: GUI.

#include <QFrame>

class QPushButton;

namespace postern::gui {

class ElidedLabel;
class Theme;

class StatusLine : public QFrame {
    Q_OBJECT

public:
    explicit StatusLine(const Theme &theme, QWidget *parent = nullptr);

    enum class Light { Off, Waiting, Good, Bad };

    /// `address` may be empty; `canSignIn` shows the way back to the password.
    void present(Light light, const QString &sentence, const QString &address, bool canSignIn);
    QString sentence() const;

signals:
    void signInWanted();

private:
    void paintDot();

    const Theme &m_theme;
    Light m_light = Light::Off;
    QWidget *m_dot;
    ElidedLabel *m_words;
    ElidedLabel *m_address;
    QPushButton *m_signIn;
};

} // namespace postern::gui
