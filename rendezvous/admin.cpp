#include "rendezvous/admin.h"

#include "rendezvous/accounts/account_name.h"
#include "rendezvous/accounts/password_hash.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>

#include <cstdio>

#include <termios.h>
#include <unistd.h>

namespace postern::rendezvous::admin {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Admin", text); }

void print(const QString &line)
{
    const QByteArray bytes = line.toUtf8() + '\n';
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stdout);
}

Result<std::unique_ptr<Registry>> openRegistry(const DatabaseAddress &where)
{
    if (where.url.isEmpty() && where.dataFolder.isEmpty())
        return Error{ErrorCode::InvalidArgument,
                     tr("Say with --data which folder holds the server's data.")};
    if (where.url.isEmpty() && !QDir().mkpath(where.dataFolder))
        return Error{ErrorCode::FileNotWritable,
                     tr("The folder %1 can't be made.").arg(where.dataFolder)};
    auto database = Database::open(where);
    if (!database)
        return database.error();
    return std::make_unique<Registry>(std::move(*database));
}

/// Turns the terminal's echo off while it lives.
class EchoOff {
public:
    EchoOff()
        : m_changed(tcgetattr(STDIN_FILENO, &m_before) == 0)
    {
        termios quiet = m_before;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        if (m_changed)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    ~EchoOff()
    {
        if (m_changed)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &m_before);
    }

private:
    termios m_before{};
    bool m_changed;
};

QString firstLine(QFile &file)
{
    QByteArray line = file.readLine(8192);
    while (line.endsWith('\n') || line.endsWith('\r'))
        line.chop(1);
    return QString::fromUtf8(line);
}

Result<QString> readPassword(const QString &path)
{
    QFile file(path);
    if (!path.isEmpty()) {
        if (!file.open(QIODevice::ReadOnly))
            return Error{
                ErrorCode::FileNotReadable,
                tr("The password file %1 can't be read: %2.").arg(path, file.errorString())};
        return firstLine(file);
    }
    if (!file.open(stdin, QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable, tr("There is no input to read a password from.")};
    std::fputs(tr("Password: ").toUtf8().constData(), stderr);
    const EchoOff quiet;
    const QString password = firstLine(file);
    std::fputs("\n", stderr);
    return password;
}

} // namespace

Result<void> addUser(const DatabaseAddress &where, const QString &typed,
                     const QString &passwordFile)
{
    auto name = normalisedAccountName(typed);
    if (!name)
        return name.error();
    auto registry = openRegistry(where);
    if (!registry)
        return registry.error();
    auto password = readPassword(passwordFile);
    if (!password)
        return password.error();
    if (password->size() < MIN_PASSWORD_CHARACTERS)
        return Error{ErrorCode::InvalidArgument, tr("A password needs at least 8 characters.")};
    if (auto started = startPasswordHashing(); !started)
        return started;
    auto hash = hashPassword(*password);
    if (!hash)
        return hash.error();
    if (auto added = (*registry)->addAccount(*name, *hash); !added)
        return added;
    print(tr("Added %1.").arg(*name));
    return {};
}

Result<void> listUsers(const DatabaseAddress &where, bool json)
{
    auto registry = openRegistry(where);
    if (!registry)
        return registry.error();
    auto accounts = (*registry)->listAccounts();
    if (!accounts)
        return accounts.error();
    for (const AccountSummary &account : std::as_const(*accounts)) {
        const QString created =
            QDateTime::fromMSecsSinceEpoch(account.createdAt, Qt::UTC).toString(Qt::ISODate);
        if (json) {
            const QJsonObject line{{QStringLiteral("name"), account.name},
                                   {QStringLiteral("created"), created},
                                   {QStringLiteral("disabled"), account.disabled},
                                   {QStringLiteral("devices"), account.devices}};
            print(QString::fromUtf8(QJsonDocument(line).toJson(QJsonDocument::Compact)));
        } else {
            print(QStringLiteral("%1  %2  %3%4")
                      .arg(account.name, -32)
                      .arg(created,
                           QCoreApplication::translate("Admin", "%n device(s)", nullptr,
                                                       account.devices),
                           account.disabled ? tr("  disabled") : QString()));
        }
    }
    return {};
}

Result<void> setUserDisabled(const DatabaseAddress &where, const QString &typed, bool disabled)
{
    auto name = normalisedAccountName(typed);
    if (!name)
        return name.error();
    auto registry = openRegistry(where);
    if (!registry)
        return registry.error();
    if (auto done = (*registry)->setDisabled(*name, disabled); !done)
        return done;
    print((disabled ? tr("Disabled %1; its connections end within seconds.") : tr("Enabled %1."))
              .arg(*name));
    return {};
}

Result<void> createInvite(const DatabaseAddress &where, int uses, int days)
{
    auto registry = openRegistry(where);
    if (!registry)
        return registry.error();
    auto code = (*registry)->createInvite(uses, days);
    if (!code)
        return code.error();
    print(*code);
    return {};
}

} // namespace postern::rendezvous::admin
