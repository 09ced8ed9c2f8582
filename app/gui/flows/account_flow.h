#pragma once
// From the welcome page to being online and back: register, sign in, connect, sign out, and
// the keychain that is locked or missing. Thread: GUI.

#include "core/engine.h"

#include <QPointer>

class QDialog;

namespace postern::gui {

class WelcomePage;

class AccountFlow : public QObject {
    Q_OBJECT

public:
    AccountFlow(Engine &engine, WelcomePage &page, QWidget *window);

    /// Goes on with the stored account, or asks for one.
    void start();
    /// Asks first.
    void signOut();
    /// The welcome page with what is known, as after a refusal.
    void signInAgain();

signals:
    void signedIn(); ///< there is an account; the home page is due
    void signedOut(); ///< there is none; the welcome page is due
    void failed(const QString &sentence);

private:
    void connectStored();
    void finishWelcome(const Result<void> &result);
    void secretsProblem(const Error &problem);
    void finishSecrets(const Result<void> &result);

    Engine &m_engine;
    WelcomePage &m_page;
    QWidget *m_window;
    QPointer<QDialog> m_secrets;
};

} // namespace postern::gui
