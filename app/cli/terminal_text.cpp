#include "app/cli/terminal_text.h"

#include <QLocale>

#include <algorithm>
#include <array>

namespace postern::cli {

namespace {

struct Range {
    char32_t first;
    char32_t last;
};

template<std::size_t N> bool within(const std::array<Range, N> &ranges, char32_t character)
{
    return std::any_of(ranges.begin(), ranges.end(), [character](const Range &range) {
        return character >= range.first && character <= range.last;
    });
}

constexpr std::array UNFIT{
    Range{0x0000, 0x001f}, // C0
    Range{0x007f, 0x009f}, // DEL and C1: U+009B alone starts a control sequence
    Range{0x00ad, 0x00ad}, // soft hyphen, invisible
    Range{0x061c, 0x061c}, // Arabic letter mark
    Range{0x180e, 0x180e},   Range{0x200b, 0x200b}, // zero width space
    Range{0x200e, 0x200f}, // direction marks
    Range{0x2028, 0x202e}, // line and paragraph separators, embeddings, overrides
    Range{0x2060, 0x206f}, // word joiner, invisible operators, isolates
    Range{0xfeff, 0xfeff},   Range{0xfff9, 0xfffb}, // interlinear annotation
    Range{0xe0000, 0xe0fff}, // tags and their plane's unassigned ignorables
};

// East Asian Wide and Fullwidth blocks and emoji (UAX #11), coarse: a column too many in
// the sum only makes a line shorter.
constexpr std::array WIDE{
    Range{0x1100, 0x115f}, Range{0x2e80, 0x303e},   Range{0x3041, 0xa4cf},   Range{0xa960, 0xa97f},
    Range{0xac00, 0xd7a3}, Range{0xf900, 0xfaff},   Range{0xfe30, 0xfe6f},   Range{0xff00, 0xff60},
    Range{0xffe0, 0xffe6}, Range{0x1f300, 0x1faff}, Range{0x20000, 0x3fffd},
};

int columnsOf(char32_t character)
{
    switch (QChar::category(character)) {
    case QChar::Mark_NonSpacing:
    case QChar::Mark_Enclosing:
    case QChar::Other_Format: return 0;
    default: return within(WIDE, character) ? 2 : 1;
    }
}

} // namespace

bool isUnfitForTerminal(char32_t character) { return within(UNFIT, character); }

QString plainText(QStringView text)
{
    QString plain;
    plain.reserve(text.size());
    for (const auto character : text.toUcs4()) {
        if (isUnfitForTerminal(character))
            continue;
        plain += QChar::isSurrogate(character) ? QStringView(u"\ufffd")
                                               : QStringView(QChar::fromUcs4(character));
    }
    return plain;
}

QStringList plainLines(const QString &text)
{
    QStringList lines;
    for (auto line : text.split(u'\n'))
        lines << plainText(line.replace(u'\t', u' '));
    return lines;
}

int columnsOf(QStringView text)
{
    int columns = 0;
    for (const auto character : text.toUcs4())
        columns += columnsOf(static_cast<char32_t>(character));
    return columns;
}

QString elided(const QString &text, int columns)
{
    if (columnsOf(text) <= columns)
        return text;
    if (columns < 3)
        return QString(std::max(columns, 0), QLatin1Char('.'));
    const auto characters = text.toUcs4();
    const int forEnd = (columns - 1) / 2;
    QString head;
    QString tail;
    int tailColumns = 0;
    for (auto it = characters.crbegin(); it != characters.crend(); ++it) {
        const int wanted = columnsOf(static_cast<char32_t>(*it));
        if (tailColumns + wanted > forEnd)
            break;
        tail.prepend(QChar::fromUcs4(*it));
        tailColumns += wanted;
    }
    int headColumns = 0;
    for (const auto character : characters) {
        const int wanted = columnsOf(static_cast<char32_t>(character));
        if (headColumns + wanted > columns - 1 - tailColumns)
            break;
        head += QChar::fromUcs4(character);
        headColumns += wanted;
    }
    return head + QChar(0x2026) + tail;
}

QString byteCount(qint64 bytes)
{
    return QLocale::c().formattedDataSize(bytes, bytes < 1000 ? 0 : 1, QLocale::DataSizeSIFormat);
}

QString clockTime(qint64 seconds)
{
    const auto two = [](qint64 value) {
        return QStringLiteral("%1").arg(value, 2, 10, QLatin1Char('0'));
    };
    const qint64 hours = seconds / 3600;
    const qint64 minutes = seconds / 60 % 60;
    if (hours > 0)
        return QStringLiteral("%1:%2:%3")
            .arg(QString::number(hours), two(minutes), two(seconds % 60));
    return QStringLiteral("%1:%2").arg(QString::number(minutes), two(seconds % 60));
}

} // namespace postern::cli
