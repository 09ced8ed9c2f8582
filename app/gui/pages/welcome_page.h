#pragma once
// The first page: which server, and an account there, new or existing. What goes wrong is
// told beneath the field it is about. Thread: GUI.

#include "core/engine_types.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;

namespace postern::gui {

class Theme;

class WelcomePage : public QWidget {
    Q_OBJECT

public:
    explicit WelcomePage(const Theme &theme, QWidget *parent = nullptr);

    /// Fills in what is known, as after signing out; goes to "sign in" then.
    void prefill(const Account &account);
    /// Ends the waiting; shows what went wrong where it belongs.
    void fail(const Error &error);
    /// Ends the waiting and forgets the password.
    void succeed();
    bool isBusy() const { return m_busy; }

signals:
    void registerWanted(const postern::Account &account, const QString &password,
                        const QString &invite);
    void signInWanted(const postern::Account &account, const QString &password);

private:
    enum Field { ServerField, NameField, SecretField, InviteField, FIELDS };

    void makeFields();
    QWidget *makeSegments();
    QWidget *makeCard();
    void setRegistering(bool registering);
    void setBusy(bool busy);
    void submit();
    void complain(Field field, const QString &sentence);
    void clearComplaints();

    const Theme &m_theme;
    bool m_registering = true;
    bool m_busy = false;
    QPushButton *m_newAccount = nullptr;
    QPushButton *m_existing = nullptr;
    QLabel *m_labels[FIELDS] = {};
    QLineEdit *m_inputs[FIELDS] = {};
    QLabel *m_complaints[FIELDS] = {};
    QLabel *m_problem = nullptr; ///< what belongs to no one field
    QPushButton *m_go = nullptr;
};

} // namespace postern::gui
