#pragma once
// Strong identifiers: a device's id can't be passed where a transfer's is wanted.
// All are fixed-size byte strings shown as lower-case hex. Values, any thread.

#include "core/base/bytes.h"
#include "core/base/result.h"

#include <QHashFunctions>
#include <QString>

#include <algorithm>
#include <array>

namespace postern {

template<typename Tag, std::size_t SIZE> class FixedId {
public:
    static constexpr std::size_t LENGTH = SIZE;

    FixedId() = default;
    explicit FixedId(const std::array<std::uint8_t, SIZE> &bytes)
        : m_bytes(bytes)
    {
    }

    /// Fails with Protocol unless the view has exactly LENGTH bytes.
    static Result<FixedId> fromBytes(ByteView view)
    {
        if (view.size() != SIZE)
            return Error{ErrorCode::Protocol,
                         QStringLiteral("An identifier has the wrong length.")};
        FixedId id;
        std::copy(view.begin(), view.end(), id.m_bytes.begin());
        return id;
    }
    static Result<FixedId> fromHex(const QString &hex)
    {
        return fromBytes(viewOf(QByteArray::fromHex(hex.toLatin1())));
    }

    ByteView view() const { return m_bytes; }
    QByteArray toByteArray() const { return postern::toByteArray(m_bytes); }
    QString toHex() const { return QString::fromLatin1(toByteArray().toHex()); }
    /// The first eight hex digits, for logs and debug output only.
    QString shortHex() const { return toHex().left(8); }
    bool isNull() const
    {
        return std::all_of(m_bytes.begin(), m_bytes.end(), [](auto byte) { return byte == 0; });
    }

    friend bool operator==(const FixedId &, const FixedId &) = default;
    friend auto operator<=>(const FixedId &, const FixedId &) = default;
    friend size_t qHash(const FixedId &id, size_t seed = 0)
    {
        return qHashBits(id.m_bytes.data(), SIZE, seed);
    }

private:
    std::array<std::uint8_t, SIZE> m_bytes{};
};

/// SHA-256 of a device's public key (SubjectPublicKeyInfo, DER).
using DeviceId = FixedId<struct DeviceIdTag, 32>;
/// One signed-in connection of a device to a rendezvous; several may share a device.
using SessionId = FixedId<struct SessionIdTag, 16>;
/// One attempt to connect two peers; names the signalling exchange of that attempt.
using ConnectionId = FixedId<struct ConnectionIdTag, 16>;
/// What two devices keep up with each other over one connection after another; chosen at
/// random by the side that made it.
using LinkId = FixedId<struct LinkIdTag, 16>;
/// One offer of files and what becomes of it; chosen at random by the sender.
using TransferId = FixedId<struct TransferIdTag, 16>;

/// Fills an id from the system's secure random source.
template<typename Id> Id randomId();

template<> SessionId randomId<SessionId>();
template<> ConnectionId randomId<ConnectionId>();
template<> LinkId randomId<LinkId>();
template<> TransferId randomId<TransferId>();

} // namespace postern

template<typename Tag, std::size_t SIZE> struct std::hash<postern::FixedId<Tag, SIZE>> {
    std::size_t operator()(const postern::FixedId<Tag, SIZE> &id) const noexcept
    {
        return qHash(id);
    }
};
