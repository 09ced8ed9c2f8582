#pragma once
// Who is to get something: contacts and one's own devices, to be ticked. Who is offline gets
// it later. Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QLineEdit;
class QListWidget;
class QPushButton;

namespace postern::gui {

class RecipientsDialog : public QDialog {
    Q_OBJECT

public:
    /// `what` is told beneath the title; the contacts are those that can be sent to.
    RecipientsDialog(const QString &what, const QList<ContactInfo> &contacts,
                     const QStringList &preset, QWidget *parent = nullptr);

    QListWidget *list() const { return m_list; }
    QPushButton *sendButton() const { return m_send; }

signals:
    void chosen(const QStringList &contacts);

private:
    QStringList ticked() const;
    void filter(const QString &words);
    void refresh();

    QLineEdit *m_search;
    QListWidget *m_list;
    QPushButton *m_send;
};

} // namespace postern::gui
