#include "app/gui/desktop/notifier.h"

#include "app/gui/text/display_text.h"

namespace postern::gui {

namespace {
constexpr int LONGEST_NAME = 80; ///< characters; a notification is no wider than this
}

OfferWords wordsFor(const OfferInfo &offer)
{
    const auto shortened = [](const QString &foreign) {
        auto text = visibleText(foreign);
        if (text.size() > LONGEST_NAME)
            text = text.left(LONGEST_NAME / 2) + QChar(0x2026) + text.right(LONGEST_NAME / 2);
        return QChar(0x2068) + text + QChar(0x2069); // isolated: it can't reorder the sentence
    };
    auto amount = byteText(offer.bytes);
    if (offer.files != 1)
        amount = fileCountText(offer.files) + QStringLiteral(" · ") + amount;
    return {DesktopNotifier::tr("%1 wants to send you files").arg(shortened(offer.contact)),
            DesktopNotifier::tr("%1 (%2)").arg(shortened(offer.title), amount)};
}

} // namespace postern::gui
