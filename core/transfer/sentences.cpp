#include "core/transfer/sentences.h"

#include "core/transfer/safe_names.h"

#include <QCoreApplication>
#include <QLocale>

namespace postern::sentences {

namespace {

constexpr qsizetype LONGEST_SHOWN = 80;

QString tr(const char *text, int count = -1)
{
    return QCoreApplication::translate("Transfer", text, nullptr, count);
}

QString size(qint64 bytes) { return QLocale().formattedDataSize(bytes); }

} // namespace

QString quoted(const QString &name)
{
    QString shown = withoutControls(name);
    if (shown.size() > LONGEST_SHOWN)
        shown = shown.left(LONGEST_SHOWN / 2) + u'…' + shown.right(LONGEST_SHOWN / 2);
    return u'“' + shown + u'”';
}

Error brokenOffer()
{
    return {ErrorCode::Protocol,
            tr("The other side sent a list of files that makes no sense; nothing was received.")};
}

Error offerTooLarge()
{
    return {ErrorCode::LimitExceeded,
            tr("There are too many files for one transfer; send them in several.")};
}

Error incompatible(quint32 theirs)
{
    return {ErrorCode::Incompatible,
            tr("The other side transfers files by version %1, this one by version %2; update "
               "the older Postern.")
                .arg(theirs)
                .arg(wire::TRANSFER_VERSION)};
}

Error nothingChosen()
{
    return {ErrorCode::InvalidArgument,
            tr("Everything in the offer is left out; choose something, or decline it.")};
}

Error choiceTooScattered()
{
    return {ErrorCode::LimitExceeded,
            tr("Too many single files are left out; leave out whole folders instead.")};
}

Error nothingToSend()
{
    return {ErrorCode::InvalidArgument,
            tr("There is nothing to send: choose at least one readable file or folder.")};
}

Error sourceMissing(const QString &path)
{
    return {ErrorCode::FileNotFound,
            tr("%1 does not exist; choose another file.").arg(quoted(path))};
}

Error sourceUnreadable(const QString &path)
{
    return {ErrorCode::FileNotReadable,
            tr("%1 can't be read; check its permissions and send again.").arg(quoted(path))};
}

Error sourceAway(const QString &title)
{
    return {ErrorCode::FileNotReadable,
            tr("The folder of %1 can't be reached; it goes on once it is there again.")
                .arg(quoted(title))};
}

Error notDelivered(wire::RecordKind why, const QString &path, quint32 count, bool someDelivered)
{
    QString text;
    ErrorCode code = ErrorCode::FileNotReadable;
    switch (why) {
    case wire::RecordKind::Vanished:
        code = ErrorCode::FileNotFound;
        text = tr("%1 disappeared while it was being sent and was not delivered.");
        break;
    case wire::RecordKind::Changed:
        code = ErrorCode::FileChanged;
        text = tr("%1 changed while it was being sent and was not delivered; send it again.");
        break;
    default: text = tr("%1 could not be read by the sender and was not delivered."); break;
    }
    text = text.arg(quoted(path));
    if (count > 1)
        text += u' ' + tr("The same goes for %n more file(s).", static_cast<int>(count) - 1);
    if (someDelivered)
        text += u' ' + tr("Everything else was delivered.");
    return {code, text};
}

Error folderUnusable(const QString &folder, const Error &reason)
{
    if (reason.code == ErrorCode::FileNotFound)
        return {reason.code,
                tr("The folder %1 does not exist; choose another.").arg(quoted(folder))};
    if (reason.code == ErrorCode::DiskFull)
        return {reason.code,
                tr("The disk of %1 is full; free some space or choose another folder.")
                    .arg(quoted(folder))};
    return {ErrorCode::FileNotWritable,
            tr("The folder %1 can't be written (%2); choose another.")
                .arg(quoted(folder), reason.message)};
}

Error folderFull(const QString &folder, qint64 needed, qint64 available)
{
    return {ErrorCode::DiskFull,
            tr("%1 has %2 free, but %3 are needed; free some space or choose another folder.")
                .arg(quoted(folder), size(available), size(needed))};
}

Error writeFailed(const QString &name, const Error &reason)
{
    if (reason.code == ErrorCode::DiskFull)
        return {reason.code,
                tr("The disk became full while receiving %1; free some space and ask for the "
                   "files again.")
                    .arg(quoted(name))};
    if (reason.code == ErrorCode::Protocol || reason.code == ErrorCode::Corrupt)
        return reason;
    return {ErrorCode::FileNotWritable,
            tr("%1 could not be written (%2); check the folder and ask for the files again.")
                .arg(quoted(name), reason.message)};
}

Error declined(wire::DeclineReason reason)
{
    const auto text = [reason] {
        switch (reason) {
        case wire::DeclineReason::Policy: return tr("The other side takes no files now.");
        case wire::DeclineReason::Space:
            return tr("The other side has too little free space; ask for some to be freed.");
        case wire::DeclineReason::Destination:
            return tr("The other side can't write to its download folder; ask for another one "
                      "to be chosen.");
        case wire::DeclineReason::Busy:
            return tr("Too many offers are waiting at the other side; try again later.");
        case wire::DeclineReason::Version:
            return tr("The other side runs a Postern that can't take this; update the older one.");
        default: return tr("The other side declined.");
        }
    };
    const bool version = reason == wire::DeclineReason::Version;
    return {version ? ErrorCode::Incompatible : ErrorCode::Declined, text()};
}

Error declinedHere() { return {ErrorCode::Declined, tr("You declined.")}; }
Error cancelledHere() { return {ErrorCode::Cancelled, tr("You cancelled the transfer.")}; }
Error cancelledThere()
{
    return {ErrorCode::Cancelled, tr("The other side cancelled the transfer.")};
}

Error failedThere(wire::TransferFailure reason)
{
    switch (reason) {
    case wire::TransferFailure::DiskFull:
        return {ErrorCode::DiskFull, tr("The other side's disk is full; nothing more was sent.")};
    case wire::TransferFailure::NotWritable:
        return {ErrorCode::FileNotWritable,
                tr("The other side could not write the files; ask for another folder.")};
    case wire::TransferFailure::NotReadable:
        return {ErrorCode::FileNotReadable, tr("The other side could not read the files.")};
    case wire::TransferFailure::Corrupt:
        return {ErrorCode::Corrupt,
                tr("The data arrived damaged at the other side; send it again.")};
    case wire::TransferFailure::Protocol: return protocolBroken();
    case wire::TransferFailure::Limit:
        return {ErrorCode::LimitExceeded,
                tr("The other side can't take more at once; try again later.")};
    default: return {ErrorCode::Internal, tr("The other side failed; try again.")};
    }
}

Error troubleThere(wire::TransferFailure reason)
{
    if (reason == wire::TransferFailure::DiskFull)
        return {ErrorCode::DiskFull,
                tr("The other side's disk is full; it goes on once there is room.")};
    if (reason == wire::TransferFailure::NotReadable)
        return {ErrorCode::FileNotReadable,
                tr("The other side can't reach its files right now; it goes on once it can.")};
    return {ErrorCode::FileNotWritable,
            tr("The other side can't write to its folder right now; it goes on once it can.")};
}

Error connectionLost(bool maybeDelivered, const Error &reason)
{
    if (reason.code == ErrorCode::PeerKeyMismatch || reason.code == ErrorCode::Incompatible)
        return reason;
    return {ErrorCode::Disconnected,
            maybeDelivered
                ? tr("The connection was lost before the other side could confirm; ask whether "
                     "everything arrived.")
                : tr("The connection was lost; send the same again once both sides are online: "
                     "it goes on where it stopped.")};
}

Error protocolBroken()
{
    return {ErrorCode::Protocol,
            tr("The two sides misunderstood each other and the transfer was ended; update "
               "Postern on both.")};
}

Error corrupt(const QString &name)
{
    return {
        ErrorCode::Corrupt,
        tr("%1 arrived damaged and was thrown away; ask for the files again.").arg(quoted(name))};
}

Error noMoreStreams()
{
    return {ErrorCode::LimitExceeded,
            tr("Too many transfers to this contact run at once; try again when one is done.")};
}

QString skippedLink(const QString &path)
{
    return tr("%1 is a link that leads out of what is sent, and was left out.").arg(quoted(path));
}
QString linkNotMade(const QString &path)
{
    return tr("%1 is a link, which the disk here can't hold, and was left out.").arg(quoted(path));
}
QString attributesTooLarge(const QString &path)
{
    return tr("%1 has more or longer extended attributes than are sent; some were left out.")
        .arg(quoted(path));
}
QString attributesNotKept(const QString &path)
{
    return tr("The disk here does not keep all extended attributes that files and folders "
              "have; %1 is the first to lose some.")
        .arg(quoted(path));
}
QString skippedSpecial(const QString &path)
{
    return tr("%1 is neither a file nor a folder and was left out.").arg(quoted(path));
}
QString skippedUnreadable(const QString &path)
{
    return tr("%1 can't be read and was left out.").arg(quoted(path));
}
QString skippedTooDeep(const QString &path)
{
    return tr("%1 lies too deep in folders and was left out.").arg(quoted(path));
}
QString nameMadeReadable(const QString &path)
{
    return tr("A name that is no valid text is sent as %1.").arg(quoted(path));
}
QString nameMadeSafe(const QString &from, const QString &to)
{
    return tr("%1 was named %2 to suit this system.").arg(quoted(from), quoted(to));
}
QString renamed(const QString &from, const QString &to)
{
    return tr("%1 was named %2 because the name was taken.").arg(quoted(from), quoted(to));
}
QString andMore(int count) { return tr("... and %n more.", count); }

wire::TransferFailure failureOf(const Error &error)
{
    switch (error.code) {
    case ErrorCode::DiskFull: return wire::TransferFailure::DiskFull;
    case ErrorCode::FileNotWritable:
    case ErrorCode::FileNotFound:
    case ErrorCode::FileExists: return wire::TransferFailure::NotWritable;
    case ErrorCode::FileNotReadable: return wire::TransferFailure::NotReadable;
    case ErrorCode::Corrupt: return wire::TransferFailure::Corrupt;
    case ErrorCode::Protocol: return wire::TransferFailure::Protocol;
    case ErrorCode::LimitExceeded: return wire::TransferFailure::Limit;
    default: return wire::TransferFailure::Internal;
    }
}

} // namespace postern::sentences
