#pragma once
// Typed messages as CBOR maps. A message is a plain struct that names its fields once:
//
//     struct Ping {
//         static constexpr const char *TYPE = "ping";
//         quint64 nonce = 0;
//         template<typename V> void fields(V &v) { v("nonce", nonce); }
//     };
//
// The same list encodes, decodes and bounds it. Unknown fields are ignored, missing ones
// keep their default, a wrong type or a value over its limit is a Protocol error. A struct
// inside a message may add rules between its fields with `bool isPlausible() const`.
// Pure; any thread. Source: RFC 8949.

#include "core/base/endpoint.h"
#include "core/base/ids.h"
#include "core/base/result.h"

#include <QCborArray>
#include <QCborMap>
#include <QCborValue>
#include <QList>
#include <QString>

#include <limits>
#include <type_traits>
#include <variant>

namespace postern::wire {

/// Bounds of one field: bytes of a string (UTF-8) or byte string, elements of a list.
struct Limit {
    qsizetype most = 256;
};

class FieldWriter {
public:
    template<typename T> void operator()(const char *name, T &value, Limit = {})
    {
        m_map.insert(QLatin1String(name), write(value));
    }
    QCborMap take() { return m_map; } // QCborMap has no move constructor

private:
    static QCborValue write(bool value) { return value; }
    static QCborValue write(const QString &value) { return value; }
    static QCborValue write(const QByteArray &value) { return value; }
    static QCborValue write(const Endpoint &value)
    {
        return value.isNull() ? QString() : value.toString();
    }
    template<typename T>
        requires std::is_integral_v<T>
    static QCborValue write(T value) { return static_cast<qint64>(value); }
    template<typename T>
        requires std::is_enum_v<T>
    static QCborValue write(T value) { return static_cast<qint64>(value); }
    template<typename Tag, std::size_t SIZE>
    static QCborValue write(const FixedId<Tag, SIZE> &value)
    {
        return value.isNull() ? QByteArray() : value.toByteArray();
    }
    template<typename T> static QCborValue write(QList<T> &list)
    {
        QCborArray array;
        for (auto &element : list)
            array.append(write(element));
        return array;
    }
    template<typename T>
        requires requires(T &t, FieldWriter &w) { t.fields(w); }
    static QCborValue write(T &value)
    {
        FieldWriter inner;
        value.fields(inner);
        return inner.take();
    }

    QCborMap m_map;
};

class FieldReader {
public:
    explicit FieldReader(const QCborMap &map)
        : m_map(map)
    {
    }

    template<typename T> void operator()(const char *name, T &value, Limit limit = {})
    {
        const QCborValue field = m_map.value(QLatin1String(name));
        if (!field.isUndefined() && m_bad.isEmpty() && !read(field, value, limit))
            m_bad = QLatin1String(name);
    }
    bool ok() const { return m_bad.isEmpty(); }
    QString badField() const { return m_bad; }

private:
    static bool read(const QCborValue &in, bool &out, Limit)
    {
        out = in.toBool();
        return in.isBool();
    }
    static bool read(const QCborValue &in, QString &out, Limit limit);
    static bool read(const QCborValue &in, QByteArray &out, Limit limit);
    static bool read(const QCborValue &in, Endpoint &out, Limit);
    template<typename T>
        requires(std::is_integral_v<T>)
    static bool read(const QCborValue &in, T &out, Limit)
    {
        if (!in.isInteger())
            return false;
        const qint64 number = in.toInteger();
        if (!std::in_range<T>(number))
            return false;
        out = static_cast<T>(number);
        return true;
    }
    /// Enums on the wire end with a COUNT enumerator, which bounds them.
    template<typename T>
        requires std::is_enum_v<T>
    static bool read(const QCborValue &in, T &out, Limit)
    {
        if (!in.isInteger() || in.toInteger() < 0
            || in.toInteger() >= static_cast<qint64>(T::COUNT))
            return false;
        out = static_cast<T>(in.toInteger());
        return true;
    }
    template<typename Tag, std::size_t SIZE>
    static bool read(const QCborValue &in, FixedId<Tag, SIZE> &out, Limit)
    {
        if (!in.isByteArray())
            return false;
        const QByteArray bytes = in.toByteArray();
        if (bytes.isEmpty()) {
            out = {};
            return true;
        }
        auto id = FixedId<Tag, SIZE>::fromBytes(viewOf(bytes));
        if (id)
            out = *id;
        return id.ok();
    }
    template<typename T> static bool read(const QCborValue &in, QList<T> &out, Limit limit)
    {
        const QCborArray array = in.toArray();
        if (!in.isArray() || array.size() > limit.most)
            return false;
        out.clear();
        out.reserve(array.size());
        for (const QCborValue element : array) {
            T value{};
            if (!read(element, value, Limit{}))
                return false;
            out.append(std::move(value));
        }
        return true;
    }
    template<typename T>
        requires requires(T &t, FieldReader &r) { t.fields(r); }
    static bool read(const QCborValue &in, T &out, Limit)
    {
        if (!in.isMap())
            return false;
        const QCborMap map = in.toMap();
        FieldReader inner(map);
        out.fields(inner);
        if constexpr (requires { out.isPlausible(); })
            return inner.ok() && out.isPlausible();
        else
            return inner.ok();
    }

    const QCborMap &m_map;
    QString m_bad;
};

/// Parses one CBOR map with nothing after it and nesting of at most 8 levels.
Result<QCborMap> parseMap(const QByteArray &payload);
/// The error for a field that broke its rules.
Error fieldError(const QString &type, const QString &field);

/// The message as the payload of a frame: its fields and "type".
template<typename M> QByteArray encode(M message)
{
    FieldWriter writer;
    message.fields(writer);
    QCborMap map = writer.take();
    map.insert(QLatin1String("type"), QLatin1String(M::TYPE));
    return QCborValue(map).toCbor();
}

template<typename Variant> QByteArray encodeAny(const Variant &message)
{
    return std::visit([](const auto &m) { return encode(m); }, message);
}

namespace detail {

template<typename Variant, std::size_t INDEX = 0>
Result<Variant> decodeAs(const QString &type, const QCborMap &map)
{
    if constexpr (INDEX == std::variant_size_v<Variant>) {
        return Error{ErrorCode::Protocol,
                     QStringLiteral("Unknown message “%1”.").arg(type.left(40))};
    } else {
        using M = std::variant_alternative_t<INDEX, Variant>;
        if (type != QLatin1String(M::TYPE))
            return decodeAs<Variant, INDEX + 1>(type, map);
        M message;
        FieldReader reader(map);
        message.fields(reader);
        if (!reader.ok())
            return fieldError(type, reader.badField());
        return Variant(std::move(message));
    }
}

} // namespace detail

/// Decodes one of the variant's messages by its "type". Never throws; bounded work.
template<typename Variant> Result<Variant> decode(const QByteArray &payload)
{
    auto map = parseMap(payload);
    if (!map)
        return map.error();
    return detail::decodeAs<Variant>(map->value(QLatin1String("type")).toString(), *map);
}

} // namespace postern::wire
