#pragma once
// The database's key of an account: never on the wire, never reused. Value, any thread.

#include <QtGlobal>

#include <compare>
#include <functional>

namespace postern::rendezvous {

struct AccountId {
    qint64 value = 0;

    friend bool operator==(const AccountId &, const AccountId &) = default;
    friend auto operator<=>(const AccountId &, const AccountId &) = default;
};

} // namespace postern::rendezvous

template<> struct std::hash<postern::rendezvous::AccountId> {
    std::size_t operator()(const postern::rendezvous::AccountId &id) const noexcept
    {
        return std::hash<qint64>()(id.value);
    }
};
