#include "app/gui/text/display_text.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QFontMetrics>
#include <QLocale>
#include <QTextBoundaryFinder>
#include <QUrl>

#include <algorithm>

namespace postern::gui {

namespace {

constexpr int LONGEST_LINK = 4096;
constexpr int LONGEST_SHOWN = 600; ///< characters; file names have at most 255 bytes

struct Words {
    Q_DECLARE_TR_FUNCTIONS(DisplayText)
};

/// %n takes an int.
int forPlural(qint64 count) { return static_cast<int>(std::min<qint64>(count, 1 << 30)); }

bool isInvisible(char32_t c)
{
    switch (QChar::category(c)) {
    case QChar::Other_Control:
    case QChar::Other_Format:
    case QChar::Other_Surrogate:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph: return true;
    default: return false;
    }
}

// Joiners inside emoji and Indic words carry meaning and can't hide or reorder text.
bool isHarmlessJoiner(char32_t c) { return c == 0x200C || c == 0x200D; }

QString markFor(char32_t c)
{
    if (c < 0x20)
        return QString(QChar(0x2400 + c)); // the control pictures: ␊ for a line feed
    return QStringLiteral("[U+%1]").arg(static_cast<uint>(c), 4, 16, QLatin1Char('0')).toUpper();
}

} // namespace

QString visibleText(const QString &foreign)
{
    // Bounded first: a hostile name may be of any length.
    auto text = foreign;
    if (text.size() > LONGEST_SHOWN)
        text = text.left(LONGEST_SHOWN / 2) + QChar(0x2026) + text.right(LONGEST_SHOWN / 2);
    QString shown;
    for (const char32_t c : text.toUcs4()) {
        if (isInvisible(c) && !isHarmlessJoiner(c))
            shown += markFor(c);
        else
            shown += QString::fromUcs4(&c, 1);
    }
    return shown;
}

QString quotable(const QString &foreign)
{
    return QChar(0x2068) + visibleText(foreign) + QChar(0x2069); // first-strong isolate
}

QString plainToolTip(const QString &text)
{
    if (text.isEmpty())
        return {};
    auto escaped = text.toHtmlEscaped();
    escaped.replace(QLatin1Char('\n'), QLatin1String("<br>"));
    return QStringLiteral("<qt>%1</qt>").arg(escaped);
}

QString fitted(const QString &foreign, const QFontMetrics &metrics, int width)
{
    return metrics.elidedText(visibleText(foreign), Qt::ElideMiddle, width);
}

QString byteText(qint64 bytes)
{
    const auto known = std::max<qint64>(bytes, 0);
    // Three digits say enough: 1.2 GB, 84.5 MB, 744 MB.
    auto scaled = static_cast<double>(known);
    while (scaled >= 1000)
        scaled /= 1000;
    return QLocale().formattedDataSize(known, scaled < 99.95 && known >= 1000 ? 1 : 0,
                                       QLocale::DataSizeSIFormat);
}

QString rateText(double bytesPerSecond)
{
    return Words::tr("%1/s").arg(byteText(static_cast<qint64>(bytesPerSecond)));
}

QString durationText(qint64 seconds)
{
    if (seconds < 60)
        return Words::tr("%1 s").arg(seconds);
    if (seconds < 3600)
        return Words::tr("%1 min").arg((seconds + 30) / 60);
    if (seconds < 86'400)
        return Words::tr("%1 h %2 min").arg(seconds / 3600).arg(seconds % 3600 / 60);
    return Words::tr("more than a day");
}

QString fileCountText(qint64 files) { return Words::tr("%n file(s)", nullptr, forPlural(files)); }

QString folderCountText(qint64 folders)
{
    return Words::tr("%n folder(s)", nullptr, forPlural(folders));
}

QString whatText(const QStringList &paths)
{
    if (paths.isEmpty())
        return {};
    const auto first = QFileInfo(QDir::cleanPath(paths.first())).fileName();
    return paths.size() == 1
        ? visibleText(first)
        : Words::tr("%1 and %n more", nullptr, forPlural(paths.size() - 1)).arg(visibleText(first));
}

QString listText(const QStringList &names)
{
    if (names.size() < 2)
        return names.isEmpty() ? QString() : quotable(names.first());
    if (names.size() == 2)
        return Words::tr("%1 and %2").arg(quotable(names[0]), quotable(names[1]));
    return Words::tr("%1, %2 and %n more", nullptr, forPlural(names.size() - 2))
        .arg(quotable(names[0]), quotable(names[1]));
}

QString stateWord(const TransferInfo &transfer)
{
    const bool sending = transfer.direction == Direction::Sending;
    switch (transfer.state) {
    case TransferState::WaitingForContact: return Words::tr("Waiting for contact");
    case TransferState::Queued: return Words::tr("Queued");
    case TransferState::Preparing: return Words::tr("Preparing");
    case TransferState::Offered:
        return sending ? Words::tr("Offered") : Words::tr("Waiting for you");
    case TransferState::Connecting: return Words::tr("Connecting");
    case TransferState::Transferring:
        return sending ? Words::tr("Sending") : Words::tr("Receiving");
    case TransferState::Stalled: return Words::tr("Stalled");
    case TransferState::Resuming: return Words::tr("Resuming");
    case TransferState::Paused:
        if (transfer.pausedBy == PausedBy::Us)
            return Words::tr("Paused by you");
        return transfer.pausedBy == PausedBy::Them
            ? Words::tr("Paused by %1").arg(quotable(transfer.contact))
            : Words::tr("Paused");
    case TransferState::Verifying: return Words::tr("Verifying");
    case TransferState::Delivered: return sending ? Words::tr("Delivered") : Words::tr("Received");
    case TransferState::Declined: return Words::tr("Declined");
    case TransferState::Cancelled: return Words::tr("Cancelled");
    case TransferState::Failed: return Words::tr("Failed");
    }
    return {};
}

QString presenceText(const ContactInfo &contact)
{
    switch (contact.state) {
    case ContactState::AskedByUs: return Words::tr("Request sent, no answer yet");
    case ContactState::AsksUs: return Words::tr("Wants to connect");
    case ContactState::Blocked: return Words::tr("Blocked");
    case ContactState::Accepted:
    case ContactState::OwnDevices: break;
    }
    if (contact.trust() == KeyTrust::Changed)
        return Words::tr("Key changed: check it");
    QStringList online;
    for (const auto &device : contact.devices)
        if (device.online)
            online.append(visibleText(device.name));
    if (online.isEmpty())
        return Words::tr("Offline");
    if (!contact.receiving())
        return Words::tr("Online, not receiving");
    return Words::tr("Online on %1").arg(online.join(QStringLiteral(", ")));
}

QString ruleText(const ContactInfo &contact)
{
    if (!contact.rule)
        return {};
    switch (contact.rule->take) {
    case ContactRule::Take::Ask: return Words::tr("you are asked each time");
    case ContactRule::Take::Always: return Words::tr("always accepted");
    case ContactRule::Take::BelowSize:
        return Words::tr("accepted up to %1").arg(byteText(contact.rule->belowBytes));
    case ContactRule::Take::Never: return Words::tr("nothing is accepted");
    }
    return {};
}

QString contactTitle(const ContactInfo &contact)
{
    return contact.state == ContactState::OwnDevices ? Words::tr("My devices")
                                                     : visibleText(contact.name);
}

QString shortServer(const QString &address) { return address.section(QLatin1Char('#'), 0, 0); }

QString sessionSentence(const SessionInfo &session)
{
    const auto server = visibleText(shortServer(session.account.server));
    const auto why = session.problem ? visibleText(session.problem->message) : QString();
    switch (session.state) {
    case SessionState::SignedOut: return Words::tr("Signed out");
    case SessionState::Connecting: return Words::tr("Connecting to %1…").arg(server);
    case SessionState::Online:
        return Words::tr("Online as %1 on %2").arg(visibleText(session.account.user), server);
    case SessionState::Reconnecting:
        return why.isEmpty() ? Words::tr("Reconnecting to %1…").arg(server)
                             : Words::tr("Reconnecting: %1").arg(why);
    case SessionState::Refused:
        return why.isEmpty() ? Words::tr("%1 refused to sign in this device").arg(server) : why;
    }
    return {};
}

bool isLink(const QString &text)
{
    const auto only = text.trimmed();
    if (only.size() > LONGEST_LINK)
        return false;
    for (const char32_t c : only.toUcs4())
        if (isInvisible(c) || QChar::isSpace(c))
            return false;
    const QUrl url(only, QUrl::StrictMode);
    return url.isValid() && !url.host().isEmpty()
        && (url.scheme() == QLatin1String("http") || url.scheme() == QLatin1String("https"));
}

QString initials(const QString &name)
{
    auto shown = visibleText(name).trimmed();
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, shown);
    const auto end = finder.toNextBoundary();
    return end > 0 ? shown.left(end).toUpper() : QStringLiteral("?");
}

} // namespace postern::gui
