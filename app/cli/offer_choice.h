#pragma once
// Part of an offer: what a person leaves out of it, and what is left then. Pure; any thread.

#include "core/engine_types.h"

namespace postern::cli {

/// Positions of the entries a person named by their numbers, from 1: "3 5-8, 12". Fails with
/// InvalidArgument.
Result<QList<int>> entriesNumbered(const OfferInfo &offer, const QString &numbers);

/// Positions of the entries that match one of the patterns ("*.mov", "photos/raw"), by path or by
/// name. Fails with InvalidArgument where a pattern matches none.
Result<QList<int>> entriesMatching(const OfferInfo &offer, const QStringList &patterns);

/// What is left of an offer.
struct OfferRemainder {
    qint64 files = 0;
    qint64 folders = 0;
    qint64 bytes = 0;
};
OfferRemainder remainderOf(const OfferInfo &offer, const QList<int> &leaveOut);

} // namespace postern::cli
