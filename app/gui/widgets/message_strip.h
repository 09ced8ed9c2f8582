#pragma once
// A sentence at the top of a pane with up to two answers: a contact's request, a changed
// key, a waiting offer, something that went wrong. Thread: GUI.

#include <QFrame>

class QLabel;
class QPushButton;
class QToolButton;

namespace postern::gui {

class Theme;

class MessageStrip : public QFrame {
    Q_OBJECT

public:
    enum class Kind { Info, Warning, Danger };

    MessageStrip(const Theme &theme, QWidget *parent = nullptr);

    /// Shows the strip. Without a first button it can be closed with a cross.
    void say(Kind kind, const QString &sentence, const QString &first = {},
             const QString &second = {});
    QString sentence() const;
    /// A strip that states a fact stays as long as the fact does.
    void setClosable(bool closable);

signals:
    void firstClicked();
    void secondClicked();

private:
    void paintIcon();

    const Theme &m_theme;
    Kind m_kind = Kind::Info;
    QLabel *m_icon;
    QLabel *m_sentence;
    QPushButton *m_first;
    QPushButton *m_second;
    QToolButton *m_close;
};

} // namespace postern::gui
