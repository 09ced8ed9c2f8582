#include "core/base/ids.h"

#include "core/base/random.h"

namespace postern {

namespace {

template<typename Id> Id filledId()
{
    std::array<std::uint8_t, Id::LENGTH> bytes{};
    fillRandom(bytes);
    return Id(bytes);
}

} // namespace

template<> SessionId randomId<SessionId>() { return filledId<SessionId>(); }
template<> ConnectionId randomId<ConnectionId>() { return filledId<ConnectionId>(); }
template<> LinkId randomId<LinkId>() { return filledId<LinkId>(); }
template<> TransferId randomId<TransferId>() { return filledId<TransferId>(); }

} // namespace postern
