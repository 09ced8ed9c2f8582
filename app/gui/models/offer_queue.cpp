#include "app/gui/models/offer_queue.h"

#include <algorithm>

namespace postern::gui {

bool OfferQueue::add(const OfferInfo &offer)
{
    const auto known = std::find_if(m_offers.begin(), m_offers.end(),
                                    [&offer](const auto &other) { return other.id == offer.id; });
    if (known != m_offers.end()) {
        *known = offer;
        return true;
    }
    if (size() >= MOST)
        return false;
    m_offers.append(offer);
    return true;
}

bool OfferQueue::remove(const TransferId &id)
{
    return m_offers.removeIf([&id](const auto &offer) { return offer.id == id; }) > 0;
}

std::optional<OfferInfo> OfferQueue::firstNotIn(const QSet<TransferId> &postponed) const
{
    for (const auto &offer : m_offers)
        if (!postponed.contains(offer.id))
            return offer;
    return std::nullopt;
}

std::optional<OfferInfo> OfferQueue::find(const TransferId &id) const
{
    for (const auto &offer : m_offers)
        if (offer.id == id)
            return offer;
    return std::nullopt;
}

QHash<QString, int> OfferQueue::countByContact() const
{
    QHash<QString, int> counts;
    for (const auto &offer : m_offers)
        ++counts[offer.contact];
    return counts;
}

} // namespace postern::gui
