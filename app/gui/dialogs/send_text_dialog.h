#pragma once
// A text or link to be typed or pasted, and sent. Thread: GUI.

#include <QDialog>

class QLabel;
class QPlainTextEdit;
class QPushButton;

namespace postern::gui {

class SendTextDialog : public QDialog {
    Q_OBJECT

public:
    /// `recipients` as people read them; `text` is what is there to begin with.
    SendTextDialog(const QString &recipients, const QString &text, QWidget *parent = nullptr);

    QPlainTextEdit *body() const { return m_body; }
    QPushButton *sendButton() const { return m_send; }

signals:
    void sendWanted(const QString &text);

protected:
    void keyPressEvent(QKeyEvent *event) override;

private:
    void refresh();
    void submit();

    QPlainTextEdit *m_body;
    QLabel *m_hint;
    QPushButton *m_send;
};

} // namespace postern::gui
