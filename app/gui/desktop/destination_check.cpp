#include "app/gui/desktop/destination_check.h"

#include "app/gui/text/display_text.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QPointer>
#include <QStorageInfo>
#include <QThreadPool>

namespace postern::gui {

namespace {

struct Words {
    Q_DECLARE_TR_FUNCTIONS(DestinationCheck)
};

Destination look(const QString &folder, qint64 bytes)
{
    const QFileInfo info(folder);
    if (!info.isDir())
        return {0,
                Error{ErrorCode::FileNotFound,
                      Words::tr("This folder does not exist. Choose another one.")}};
    const QStorageInfo storage(folder);
    // In a chroot, or on some network mounts, Qt finds no such volume, or one without a size.
    const bool known = storage.isValid() && storage.bytesTotal() > 0;
    const qint64 free = known ? storage.bytesAvailable() : -1;
    if (!info.isWritable() || storage.isReadOnly())
        return {free,
                Error{ErrorCode::FileNotWritable,
                      Words::tr("Nothing can be written into this folder. Choose another "
                                "one.")}};
    if (known && free < bytes)
        return {free,
                Error{ErrorCode::DiskFull,
                      Words::tr("%1 are missing on this disk. Free some space or choose "
                                "another folder.")
                          .arg(byteText(bytes - free))}};
    return {free, std::nullopt};
}

} // namespace

void checkDestination(const QString &folder, qint64 bytes, QObject *context,
                      std::function<void(const Destination &)> done)
{
    QThreadPool::globalInstance()->start(
        [folder, bytes, guard = QPointer<QObject>(context), done = std::move(done)] {
            const auto destination = look(folder, bytes);
            // Through the application object, which lives in the GUI thread: only there may
            // the guard be looked at.
            QMetaObject::invokeMethod(QCoreApplication::instance(), [guard, done, destination] {
                if (guard)
                    done(destination);
            });
        });
}

} // namespace postern::gui
