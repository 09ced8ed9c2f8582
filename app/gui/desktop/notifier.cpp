#include "app/gui/desktop/notifier.h"

#include "app/gui/text/display_text.h"

namespace postern::gui {

namespace {

constexpr int LONGEST_NAME = 80; ///< characters; a notification is no wider than this

QString shortened(const QString &foreign)
{
    auto text = visibleText(foreign);
    if (text.size() > LONGEST_NAME)
        text = text.left(LONGEST_NAME / 2) + QChar(0x2026) + text.right(LONGEST_NAME / 2);
    return QChar(0x2068) + text + QChar(0x2069); // isolated: it can't reorder the sentence
}

QString resultOf(const TransferInfo &ended)
{
    const auto name = shortened(ended.contact);
    const bool sending = ended.direction == Direction::Sending;
    switch (ended.state) {
    case TransferState::Delivered:
        if (sending)
            return DesktopNotifier::tr("Delivered to %1").arg(name);
        return ended.text.isEmpty() ? DesktopNotifier::tr("Received from %1").arg(name)
                                    : DesktopNotifier::tr("A text from %1").arg(name);
    case TransferState::Declined: return DesktopNotifier::tr("%1 declined").arg(name);
    default:
        return sending ? DesktopNotifier::tr("Not delivered to %1").arg(name)
                       : DesktopNotifier::tr("Not received from %1").arg(name);
    }
}

} // namespace

OfferWords wordsFor(const OfferInfo &offer)
{
    const auto name = shortened(offer.contact);
    if (!offer.text.isEmpty())
        return {DesktopNotifier::tr("%1 wants to send you a text").arg(name),
                shortened(offer.title)};
    auto amount = byteText(offer.bytes);
    if (offer.files != 1)
        amount = fileCountText(offer.files) + QStringLiteral(" · ") + amount;
    return {DesktopNotifier::tr("%1 wants to send you files").arg(name),
            DesktopNotifier::tr("%1 (%2)").arg(shortened(offer.title), amount)};
}

Notice noticeOf(const TransferInfo &ended)
{
    auto body = shortened(ended.title);
    if (ended.problem)
        body += QLatin1Char('\n') + visibleText(ended.problem->message);
    return {ended.contact, resultOf(ended), body};
}

Notice noticeOf(const QList<TransferInfo> &ended)
{
    int well = 0;
    QString contact = ended.isEmpty() ? QString() : ended.first().contact;
    for (const auto &transfer : ended) {
        well += transfer.state == TransferState::Delivered ? 1 : 0;
        if (transfer.contact != contact)
            contact.clear();
    }
    const int badly = static_cast<int>(ended.size()) - well;
    return {contact,
            DesktopNotifier::tr("%n transfer(s) ended", nullptr, static_cast<int>(ended.size())),
            badly == 0 ? DesktopNotifier::tr("All went well")
                       : DesktopNotifier::tr("%n did not go well", nullptr, badly)};
}

} // namespace postern::gui
