#pragma once
// Offers that wait for an answer, first come first asked. Bounded, because strangers to
// our patience are on the other side. Thread: GUI.

#include "core/engine_types.h"

#include <QHash>
#include <QList>
#include <QSet>

#include <optional>

namespace postern::gui {

class OfferQueue {
public:
    static constexpr int MOST = 100; ///< a contact with more than this is not asking, but flooding

    /// False if the queue is full; the offer should be declined.
    bool add(const OfferInfo &offer);
    /// True if it was there.
    bool remove(const TransferId &id);
    /// The oldest offer that was not put off.
    std::optional<OfferInfo> firstNotIn(const QSet<TransferId> &postponed) const;
    std::optional<OfferInfo> find(const TransferId &id) const;
    int size() const { return static_cast<int>(m_offers.size()); }
    QHash<QString, int> countByContact() const;

private:
    QList<OfferInfo> m_offers;
};

} // namespace postern::gui
