#include "core/wire/codec.h"

#include <QCborStreamReader>

namespace postern::wire {

namespace {

constexpr int MAX_DEPTH = 8;

/// Walks the structure without building it, so a nesting bomb costs nothing.
bool withinDepth(QCborStreamReader &reader, int depth)
{
    while (reader.lastError() == QCborError::NoError && reader.hasNext()) {
        if (reader.isArray() || reader.isMap()) {
            if (depth == MAX_DEPTH || !reader.enterContainer() || !withinDepth(reader, depth + 1)
                || !reader.leaveContainer())
                return false;
        } else if (reader.isTag() || !reader.next()) {
            return false; // no message uses tags
        }
    }
    return reader.lastError() == QCborError::NoError;
}

} // namespace

bool FieldReader::read(const QCborValue &in, QString &out, Limit limit)
{
    if (!in.isString())
        return false;
    out = in.toString();
    return out.toUtf8().size() <= limit.most && !out.contains(QChar(u'\0'));
}

bool FieldReader::read(const QCborValue &in, QByteArray &out, Limit limit)
{
    if (!in.isByteArray())
        return false;
    out = in.toByteArray();
    return out.size() <= limit.most;
}

bool FieldReader::read(const QCborValue &in, Endpoint &out, Limit)
{
    if (!in.isString())
        return false;
    if (in.toString().isEmpty()) {
        out = {};
        return true;
    }
    auto endpoint = Endpoint::parse(in.toString());
    if (endpoint)
        out = *endpoint;
    return endpoint.ok();
}

Result<QCborMap> parseMap(const QByteArray &payload)
{
    const Error bad{ErrorCode::Protocol, QStringLiteral("A message is not a valid CBOR map.")};
    QCborStreamReader reader(payload);
    if (!reader.isMap() || !withinDepth(reader, 0) || reader.currentOffset() != payload.size())
        return bad;
    QCborParserError error;
    const QCborValue value = QCborValue::fromCbor(payload, &error);
    if (error.error != QCborError::NoError || !value.isMap())
        return bad;
    return value.toMap();
}

Error fieldError(const QString &type, const QString &field)
{
    return {ErrorCode::Protocol,
            QStringLiteral("Field “%1” of message “%2” breaks its rules.").arg(field, type)};
}

} // namespace postern::wire
