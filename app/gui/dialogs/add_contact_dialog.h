#pragma once
// Asks for a contact's name and stays until the server took the request or the person gave
// up. Thread: GUI.

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;

namespace postern::gui {

class AddContactDialog : public QDialog {
    Q_OBJECT

public:
    explicit AddContactDialog(const QString &server, QWidget *parent = nullptr);

    /// Ends the waiting with a sentence under the field.
    void fail(const QString &sentence);

signals:
    void addWanted(const QString &name);

private:
    void submit();
    void setBusy(bool busy);

    QLineEdit *m_name;
    QLabel *m_complaint;
    QPushButton *m_add;
};

} // namespace postern::gui
