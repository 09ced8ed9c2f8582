#pragma once
// What a pane shows when it has nothing: an illustration, one sentence, one button.
// Thread: GUI.

#include <QWidget>

class QLabel;
class QPushButton;

namespace postern::gui {

class Theme;

class EmptyState : public QWidget {
    Q_OBJECT

public:
    EmptyState(const Theme &theme, QWidget *parent = nullptr);

    /// `button` may be empty: then there is none.
    void present(const QString &illustration, const QString &sentence, const QString &button);
    QString sentence() const;
    /// For panes narrower than the sentence usually is.
    void setSentenceWidth(int width);

signals:
    void buttonClicked();

private:
    void paintIllustration();

    const Theme &m_theme;
    QString m_illustration;
    QLabel *m_picture;
    QLabel *m_sentence;
    QPushButton *m_button;
};

} // namespace postern::gui
