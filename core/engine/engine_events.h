#pragma once
// What the engine's parts report upward, as snapshots. Called in the engine thread.

#include "core/engine_types.h"

#include <functional>

namespace postern {

struct EngineEvents {
    std::function<void(const SessionInfo &)> session;
    std::function<void(const QList<ContactInfo> &)> contacts;
    std::function<void(const OfferInfo &)> offer;
    std::function<void(const TransferId &)> offerWithdrawn;
    std::function<void(const TransferInfo &)> transfer;
    std::function<void(const SearchInfo &)> search;
    std::function<void()> historyChanged;
    std::function<void(const Error &)> secretsProblem;
};

} // namespace postern
