#pragma once
// Questions with one sentence of explanation and two or three answers, in plain text and
// without a nested event loop. Thread: GUI.

#include <QDialog>

#include <functional>

class QBoxLayout;
class QPushButton;

namespace postern::gui {

class Question : public QDialog {
    Q_OBJECT

public:
    Question(const QString &title, const QString &explanation, QWidget *parent = nullptr);

    /// Adds an answer left of those already there. `role` is a button role ("primary",
    /// "danger", ""). Every answer closes the dialog; Escape chooses none of them.
    QPushButton *addAnswer(const QString &text, const char *role, std::function<void()> chosen);

private:
    QBoxLayout *m_answers;
};

} // namespace postern::gui
