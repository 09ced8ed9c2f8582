#include "app/cli/byte_rate.h"

#include "app/cli/translation.h"

#include <QRegularExpression>

#include <optional>

namespace postern::cli {

namespace {

constexpr double LEAST = 1;
constexpr double MOST = 1e15;

double unitOf(const QString &prefix)
{
    const double base = prefix.size() == 2 ? 1024 : 1000;
    if (prefix.isEmpty())
        return 1;
    switch (prefix.front().toUpper().toLatin1()) {
    case 'K': return base;
    case 'M': return base * base;
    default: return base * base * base;
    }
}

/// "1.5MiB", in bytes; what is no such number, or beyond all reason, is none.
std::optional<qint64> bytesIn(const QString &text)
{
    static const QRegularExpression shape(
        QStringLiteral("^([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s?([kKmMgG]i?)?(?:[bB](?:/s)?)?$"));
    const auto match = shape.match(text.trimmed());
    const double bytes = match.captured(1).toDouble() * unitOf(match.captured(2));
    if (!match.hasMatch() || bytes < LEAST || bytes > MOST)
        return std::nullopt;
    return static_cast<qint64>(bytes);
}

} // namespace

Result<qint64> parseByteRate(const QString &text)
{
    if (const auto rate = bytesIn(text))
        return *rate;
    return Error{
        ErrorCode::InvalidArgument,
        Cli::tr("\"%1\" is no speed; write bytes a second, as 500K, 2M or 1.5MiB.").arg(text)};
}

Result<qint64> parseByteSize(const QString &text)
{
    if (const auto size = bytesIn(text); size && !text.contains(u'/'))
        return *size;
    return Error{ErrorCode::InvalidArgument,
                 Cli::tr("\"%1\" is no size; write bytes, as 500K, 20M or 1.5GiB.").arg(text)};
}

} // namespace postern::cli
