#include "app/cli/byte_rate.h"

#include "app/cli/translation.h"

#include <QRegularExpression>

namespace postern::cli {

namespace {

/// Below it a transfer stalls on its own acknowledgements.
constexpr double SLOWEST = 1;
constexpr double FASTEST = 1e15;

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

} // namespace

Result<qint64> parseByteRate(const QString &text)
{
    static const QRegularExpression shape(
        QStringLiteral("^([0-9]{1,15}(?:\\.[0-9]{1,9})?)\\s?([kKmMgG]i?)?(?:[bB](?:/s)?)?$"));
    const auto match = shape.match(text.trimmed());
    const double rate = match.captured(1).toDouble() * unitOf(match.captured(2));
    if (!match.hasMatch() || rate < SLOWEST || rate > FASTEST)
        return Error{
            ErrorCode::InvalidArgument,
            Cli::tr("\"%1\" is no speed; write bytes a second, as 500K, 2M or 1.5MiB.").arg(text)};
    return static_cast<qint64>(rate);
}

} // namespace postern::cli
