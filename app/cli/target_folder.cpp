#include "app/cli/target_folder.h"

#include "app/cli/translation.h"

#include <QDir>
#include <QFileInfo>

namespace postern::cli {

Result<QString> targetFolder(const QString &name)
{
    // A shell has done so already; what is typed at a prompt has seen none.
    const auto named =
        name == u"~" || name.startsWith(u"~/") ? QDir::homePath() + name.mid(1) : name;
    const auto into = QDir(named).absolutePath();
    const QFileInfo info(into);
    if (info.exists() && !info.isDir())
        return Error{ErrorCode::FileNotWritable,
                     Cli::tr("%1 is not a folder; choose another one.").arg(into)};
    if (!info.exists() && !QDir().mkpath(into))
        return Error{ErrorCode::FileNotWritable,
                     Cli::tr("The folder %1 can't be made; choose another one.").arg(into)};
    if (!QFileInfo(into).isWritable())
        return Error{
            ErrorCode::FileNotWritable,
            Cli::tr("You may not write into %1; change its permissions or choose another folder.")
                .arg(into)};
    return into;
}

} // namespace postern::cli
