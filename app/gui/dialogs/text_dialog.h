#pragma once
// A text that was sent, whole and as plain text, to read and to copy. Where it is one link,
// the browser can open it, but only from here, where all of it has been seen. Thread: GUI.

#include <QDialog>

class QPlainTextEdit;
class QPushButton;
class QUrl;

namespace postern::gui {

class TextDialog : public QDialog {
    Q_OBJECT

public:
    /// `heading` says whose text it is.
    TextDialog(const QString &heading, const QString &text, QWidget *parent = nullptr);

    QPlainTextEdit *body() const { return m_body; }
    QPushButton *openButton() const { return m_open; }

signals:
    void openLinkWanted(const QUrl &link);

private:
    QPlainTextEdit *m_body;
    QPushButton *m_open = nullptr; ///< for a link only
};

} // namespace postern::gui
