#pragma once
// Byte views. Owned bytes that travel between threads are QByteArray: implicitly
// shared, so handing a block from a disk worker to the engine thread copies nothing.

#include <QByteArray>

#include <cstdint>
#include <span>

namespace postern {

using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

inline ByteView viewOf(const QByteArray &bytes)
{
    return {reinterpret_cast<const std::uint8_t *>(bytes.constData()),
            static_cast<std::size_t>(bytes.size())};
}

/// A copy of the viewed bytes.
inline QByteArray toByteArray(ByteView view)
{
    return QByteArray(reinterpret_cast<const char *>(view.data()),
                      static_cast<qsizetype>(view.size()));
}

/// Refers to the viewed bytes without copying; valid only as long as they are.
inline QByteArray borrowedByteArray(ByteView view)
{
    return QByteArray::fromRawData(reinterpret_cast<const char *>(view.data()),
                                   static_cast<qsizetype>(view.size()));
}

} // namespace postern
