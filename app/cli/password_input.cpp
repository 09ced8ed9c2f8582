#include "app/cli/password_input.h"

#include "app/cli/translation.h"

#include <QFile>

namespace postern::cli {

namespace {

constexpr qsizetype LONGEST = 1024; // what a server takes (PROTOCOL.md, register)

Result<QString> checked(const QByteArray &password)
{
    if (password.isEmpty())
        return Error{ErrorCode::InvalidArgument, Cli::tr("The password is empty; give one.")};
    if (password.size() > LONGEST)
        return Error{
            ErrorCode::InvalidArgument,
            Cli::tr("The password is longer than %1 bytes; choose a shorter one.").arg(LONGEST)};
    return QString::fromUtf8(password);
}

Result<QString> fromFile(const QString &name)
{
    QFile file(name);
    if (!file.exists())
        return Error{ErrorCode::FileNotFound,
                     Cli::tr("There is no password file %1; check the name.").arg(name)};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable,
                     Cli::tr("The password file %1 can't be read: %2; check its permissions.")
                         .arg(name, file.errorString())};
    auto line = file.readLine(LONGEST + 3);
    while (line.endsWith('\n') || line.endsWith('\r'))
        line.chop(1);
    return checked(line);
}

} // namespace

Result<QString> readPassword(const QString &file, PasswordPurpose purpose, Console &console)
{
    if (!file.isEmpty())
        return fromFile(file);
    if (!console.canAsk())
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("There is no terminal to ask for the password on; give it in a "
                             "file with --password-file.")};
    const auto typed = console.askSecret(Cli::tr("Password:"));
    if (!typed)
        return typed;
    if (purpose == PasswordPurpose::Register) {
        const auto again = console.askSecret(Cli::tr("The same once more:"));
        if (!again)
            return again;
        if (*again != *typed)
            return Error{ErrorCode::InvalidArgument,
                         Cli::tr("The two passwords differ; run the command again.")};
    }
    return checked(typed->toUtf8());
}

} // namespace postern::cli
