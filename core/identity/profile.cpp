#include "core/identity/profile.h"

#include "core/identity/json_file.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#ifdef Q_OS_UNIX
#include <sys/stat.h>
#include <unistd.h>
#endif

namespace postern {

namespace {

constexpr qint64 MOST_ACCOUNT_BYTES = 16 * 1024;
constexpr qsizetype SHA256_BYTES = 32;

Error notUsable(const QString &folder, const QString &why)
{
    return {ErrorCode::FileNotWritable,
            QCoreApplication::translate("Identity", "The profile folder “%1” can't be used: %2")
                .arg(folder, why)};
}

/// On Windows a folder below the user's own is private by inheritance; there is no mode.
bool makeFolder(const QString &folder)
{
    const QFileInfo info(folder);
    if (!QDir().mkpath(info.absolutePath()))
        return false;
#ifdef Q_OS_UNIX
    return ::mkdir(QFile::encodeName(info.absoluteFilePath()).constData(), 0700) == 0
        || QFileInfo(folder).isDir(); // another process was quicker
#else
    return QDir().mkpath(folder);
#endif
}

Result<void> checkOwner([[maybe_unused]] const QString &folder)
{
#ifdef Q_OS_UNIX
    struct stat status = {};
    if (::stat(QFile::encodeName(folder).constData(), &status) != 0)
        return notUsable(folder,
                         QCoreApplication::translate("Identity", "it can't be looked into."));
    if (status.st_uid != ::geteuid())
        return notUsable(folder,
                         QCoreApplication::translate("Identity",
                                                     "it belongs to another user; choose a "
                                                     "folder of your own."));
    if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return notUsable(folder,
                         QCoreApplication::translate("Identity",
                                                     "other users may write into it; take that "
                                                     "right away with “chmod 700”."));
#endif
    return {};
}

JsonFile accountFile(const Profile &profile)
{
    return JsonFile(profile.filePath(QStringLiteral("account.json")), MOST_ACCOUNT_BYTES);
}

} // namespace

Profile::Profile(QString folder)
    : m_folder(std::move(folder))
{
}

Result<Profile> Profile::open(const QString &folder)
{
    if (folder.isEmpty())
        return notUsable(folder, QCoreApplication::translate("Identity", "it has no name."));
    const QFileInfo info(folder);
    if (info.exists() && !info.isDir())
        return notUsable(
            folder,
            QCoreApplication::translate("Identity", "a file has this name; choose another."));
    if (!info.exists() && !makeFolder(folder))
        return notUsable(folder,
                         QCoreApplication::translate("Identity",
                                                     "it can't be created; check the rights of "
                                                     "the folder above."));
    if (auto checked = checkOwner(folder); !checked)
        return checked.error();
    return Profile(QFileInfo(folder).canonicalFilePath());
}

QString Profile::filePath(const QString &name) const { return m_folder + u'/' + name; }

Result<std::optional<StoredAccount>> Profile::account() const
{
    const auto content = accountFile(*this).read();
    if (!content)
        return content.error();
    if (!content->has_value())
        return std::optional<StoredAccount>();
    const QJsonObject &json = **content;
    StoredAccount account{
        json.value(u"server").toString(), json.value(u"user").toString(),
        json.value(u"device_name").toString(),
        QByteArray::fromHex(json.value(u"server_certificate_sha256").toString().toLatin1())};
    if (account.serverCertificateSha256.size() != SHA256_BYTES)
        account.serverCertificateSha256.clear();
    if (account.server.isEmpty() || account.user.isEmpty())
        return std::optional<StoredAccount>();
    return std::optional(std::move(account));
}

Result<void> Profile::storeAccount(const StoredAccount &account) const
{
    return accountFile(*this).replace(
        {{QStringLiteral("server"), account.server},
         {QStringLiteral("user"), account.user},
         {QStringLiteral("device_name"), account.deviceName},
         {QStringLiteral("server_certificate_sha256"),
          QString::fromLatin1(account.serverCertificateSha256.toHex())}});
}

Result<void> Profile::forgetAccount() const { return accountFile(*this).remove(); }

} // namespace postern
