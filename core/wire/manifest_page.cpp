#include "core/wire/manifest_page.h"

#include <QStringDecoder>

#include <optional>

namespace postern::wire {

namespace {

constexpr std::uint8_t FOLDER = 1;
constexpr std::uint8_t EXECUTABLE = 2;

void appendVarint(QByteArray &out, quint64 value)
{
    for (; value >= 0x80; value >>= 7)
        out.append(static_cast<char>(value | 0x80));
    out.append(static_cast<char>(value));
}

quint64 zigzag(qint64 value)
{
    return (static_cast<quint64>(value) << 1) ^ static_cast<quint64>(value >> 63);
}

qint64 unzigzag(quint64 value)
{
    return static_cast<qint64>(value >> 1) ^ -static_cast<qint64>(value & 1);
}

/// Takes values off the front of a page; an empty answer means that the page is broken.
class PageReader {
public:
    explicit PageReader(ByteView page)
        : m_rest(page)
    {
    }

    bool atEnd() const { return m_rest.empty(); }

    std::optional<std::uint8_t> byte()
    {
        if (m_rest.empty())
            return std::nullopt;
        const std::uint8_t value = m_rest[0];
        m_rest = m_rest.subspan(1);
        return value;
    }

    std::optional<quint64> varint()
    {
        quint64 value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            const auto next = byte();
            if (!next || (shift == 63 && *next > 1))
                return std::nullopt;
            value |= static_cast<quint64>(*next & 0x7f) << shift;
            if (!(*next & 0x80))
                return value;
        }
        return std::nullopt;
    }

    std::optional<ByteView> bytes(quint64 count)
    {
        if (count > m_rest.size())
            return std::nullopt;
        const ByteView taken = m_rest.first(static_cast<std::size_t>(count));
        m_rest = m_rest.subspan(taken.size());
        return taken;
    }

private:
    ByteView m_rest;
};

bool isText(ByteView name)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    const QString text = decoder(borrowedByteArray(name));
    return !decoder.hasError() && !text.contains(QChar(u'\0'));
}

std::optional<ManifestEntry> readEntry(PageReader &page)
{
    const auto flags = page.byte();
    const auto depth = page.varint();
    const auto length = page.varint();
    if (!flags || (*flags & ~(FOLDER | EXECUTABLE)) || !depth || !length)
        return std::nullopt;
    if (*depth >= MAX_DEPTH_OF_TREE || *length == 0 || *length > MAX_NAME_BYTES)
        return std::nullopt;
    const auto name = page.bytes(*length);
    if (!name || !isText(*name))
        return std::nullopt;

    ManifestEntry entry;
    entry.folder = *flags & FOLDER;
    entry.executable = *flags & EXECUTABLE;
    entry.depth = static_cast<quint32>(*depth);
    entry.name = toByteArray(*name);
    if (!entry.folder) {
        const auto size = page.varint();
        if (!size || *size > static_cast<quint64>(MAX_FILE_BYTES))
            return std::nullopt;
        entry.size = static_cast<qint64>(*size);
    }
    const auto mtime = page.varint();
    if (!mtime)
        return std::nullopt;
    entry.mtimeNs = unzigzag(*mtime);
    return entry;
}

} // namespace

void appendManifestEntry(QByteArray &page, const ManifestEntry &entry)
{
    page.append(
        static_cast<char>((entry.folder ? FOLDER : 0) | (entry.executable ? EXECUTABLE : 0)));
    appendVarint(page, entry.depth);
    appendVarint(page, static_cast<quint64>(entry.name.size()));
    page.append(entry.name);
    if (!entry.folder)
        appendVarint(page, static_cast<quint64>(entry.size));
    appendVarint(page, zigzag(entry.mtimeNs));
}

Result<QList<ManifestEntry>> decodeManifestPage(ByteView page)
{
    QList<ManifestEntry> entries;
    PageReader reader(page);
    while (!reader.atEnd()) {
        auto entry = readEntry(reader);
        if (!entry)
            return Error{ErrorCode::Protocol,
                         QStringLiteral("The other side sent a list of files that makes no "
                                        "sense; nothing was received.")};
        entries.append(*std::move(entry));
    }
    return entries;
}

} // namespace postern::wire
