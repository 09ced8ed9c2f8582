#include "app/cli/commands/account_commands.h"

#include "app/cli/password_input.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

namespace postern::cli {

namespace {

/// A prompt that was left with Ctrl+C is no error of the command line.
ExitCode exitCodeForPassword(const Error &error)
{
    return error.code == ErrorCode::Cancelled ? ExitCode::Interrupted
                                              : exitCodeFor(error.code, Stage::Sending);
}

QString signedInSentence(const QString &pattern, const Account &account)
{
    return pattern.arg(plainText(account.user), plainText(account.server.section(u'#', 0, 0)));
}

} // namespace

RegisterCommand::RegisterCommand(Engine &engine, Console &console, RegisterArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void RegisterCommand::start()
{
    const auto password =
        readPassword(m_arguments.passwordFile, PasswordPurpose::Register, console());
    if (!password) {
        fail(password.error(), exitCodeForPassword(password.error()));
        return;
    }
    engine().registerAccount(
        m_arguments.account, *password, m_arguments.invite, this, expecting([this] {
            console().print(signedInSentence(
                Cli::tr("Registered %1 at %2; this device signs in by itself from now on."),
                m_arguments.account));
            finish(ExitCode::Done);
        }));
}

SignInCommand::SignInCommand(Engine &engine, Console &console, SignInArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void SignInCommand::start()
{
    const auto password =
        readPassword(m_arguments.passwordFile, PasswordPurpose::SignIn, console());
    if (!password) {
        fail(password.error(), exitCodeForPassword(password.error()));
        return;
    }
    engine().signIn(m_arguments.account, *password, this, expecting([this] {
                        console().print(signedInSentence(
                            Cli::tr("Signed in as %1 at %2; this device does so by itself from "
                                    "now on."),
                            m_arguments.account));
                        finish(ExitCode::Done);
                    }));
}

} // namespace postern::cli
