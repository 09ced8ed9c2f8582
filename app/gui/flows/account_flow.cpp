#include "app/gui/flows/account_flow.h"

#include "app/gui/dialogs/question.h"
#include "app/gui/pages/welcome_page.h"
#include "app/gui/text/display_text.h"

#include <QPushButton>

namespace postern::gui {

AccountFlow::AccountFlow(Engine &engine, WelcomePage &page, QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_page(page)
    , m_window(window)
{
    connect(&page, &WelcomePage::registerWanted, this,
            [this](const Account &account, const QString &password, const QString &invite) {
                m_engine.registerAccount(account, password, invite, this,
                                         [this](const auto &result) { finishWelcome(result); });
            });
    connect(&page, &WelcomePage::signInWanted, this,
            [this](const Account &account, const QString &password) {
                m_engine.signIn(account, password, this,
                                [this](const auto &result) { finishWelcome(result); });
            });
    connect(&engine, &Engine::secretsProblem, this, &AccountFlow::secretsProblem);
}

void AccountFlow::start()
{
    if (!m_engine.storedAccount()) {
        emit signedOut();
        return;
    }
    emit signedIn();
    connectStored();
}

void AccountFlow::connectStored()
{
    m_engine.connectStored(this, [this](const Result<void> &result) {
        // A server out of reach is not a failure: the status line tells of each new try.
        if (!result && result.error().code == ErrorCode::SignInRefused)
            emit failed(result.error().message);
    });
}

void AccountFlow::finishWelcome(const Result<void> &result)
{
    if (!result) {
        m_page.fail(result.error());
        return;
    }
    m_page.succeed();
    emit signedIn();
}

void AccountFlow::signInAgain()
{
    if (const auto account = m_engine.storedAccount())
        m_page.prefill(*account);
    emit signedOut();
}

void AccountFlow::signOut()
{
    auto *question = new Question(
        tr("Sign out on this device?"),
        tr("Transfers that are running stop. To sign in again you need your password."), m_window);
    auto *go = question->addAnswer(tr("&Sign out"), "danger", [this] {
        const auto account = m_engine.storedAccount();
        m_engine.signOut(this, [this, account](const Result<void> &result) {
            if (!result) {
                emit failed(result.error().message);
                return;
            }
            if (account)
                m_page.prefill(*account);
            emit signedOut();
        });
    });
    question->addAnswer(tr("&Cancel"), "", {})->setFocus();
    go->setDefault(false);
    question->open();
}

void AccountFlow::secretsProblem(const Error &problem)
{
    if (m_secrets && m_secrets->isVisible())
        return; // one question at a time; it is asked anew if a retry fails
    const bool locked = problem.code == ErrorCode::SecretsLocked;
    auto *question = new Question(
        locked ? tr("Your keychain is locked")
               : tr("There is no keychain to keep this device's key"),
        visibleText(problem.message) + QStringLiteral("\n\n")
            + tr("You can go on without it: the key is then kept in memory only, and you sign in "
                 "with your password next time. Nothing is written to disk unprotected."),
        m_window);
    m_secrets = question;
    auto *retry = question->addAnswer(tr("&Try again"), "primary", [this] {
        m_engine.retrySecrets(this, [this](const Result<void> &result) { finishSecrets(result); });
    });
    question->addAnswer(tr("For this &session only"), "", [this] {
        m_engine.useSessionOnlySecrets(
            this, [this](const Result<void> &result) { finishSecrets(result); });
    });
    retry->setFocus();
    question->open();
}

void AccountFlow::finishSecrets(const Result<void> &result)
{
    if (result && m_engine.storedAccount()) {
        finishWelcome(result);
        return;
    }
    if (result) {
        emit signedOut();
        return;
    }
    if (result.error().code == ErrorCode::SecretsLocked
        || result.error().code == ErrorCode::SecretsUnavailable)
        return; // secretsProblem() asks again
    // Without the key that the keychain holds, only the password proves who we are.
    signInAgain();
    m_page.fail(result.error());
}

} // namespace postern::gui
