#include "core/wire/manifest_page.h"

#include <QStringDecoder>

#include <algorithm>
#include <optional>

namespace postern::wire {

namespace {

constexpr std::uint8_t FOLDER = 1;
constexpr std::uint8_t EXECUTABLE = 2;
constexpr std::uint8_t LINK = 4;
constexpr std::uint8_t ATTRIBUTES = 8;

/// Names that begin so are the system's or a container's business.
constexpr const char *RESERVED[] = {"xdg.origin.", "overlay.",           "fuseoverlayfs.",
                                    "containers.", "rootlesscontainers", "pax."};

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

/// A length, then text of so many bytes; nothing where that is not within the limit.
std::optional<QByteArray> readText(PageReader &page, qsizetype most)
{
    const auto length = page.varint();
    if (!length || *length == 0 || *length > static_cast<quint64>(most))
        return std::nullopt;
    const auto text = page.bytes(*length);
    if (!text || !isText(*text))
        return std::nullopt;
    return toByteArray(*text);
}

std::optional<EntryKind> kindOf(std::uint8_t flags)
{
    switch (flags) {
    case 0:
    case EXECUTABLE:
    case ATTRIBUTES:
    case EXECUTABLE | ATTRIBUTES: return EntryKind::File;
    case FOLDER: return EntryKind::Folder;
    case LINK: return EntryKind::Link;
    default: return std::nullopt;
    }
}

/// A length, then attributes of so many bytes, each as it should be, and one at least.
std::optional<QByteArray> readAttributes(PageReader &page)
{
    const auto length = page.varint();
    const auto packed = length ? page.bytes(*length) : std::nullopt;
    if (!packed || packed->empty() || !unpackAttributes(*packed))
        return std::nullopt;
    return toByteArray(*packed);
}

std::optional<ManifestEntry> readEntry(PageReader &page)
{
    const auto flags = page.byte();
    const auto kind = flags ? kindOf(*flags) : std::nullopt;
    const auto depth = page.varint();
    if (!kind || !depth || *depth >= MAX_DEPTH_OF_TREE)
        return std::nullopt;
    auto name = readText(page, MAX_NAME_BYTES);
    if (!name)
        return std::nullopt;

    ManifestEntry entry;
    entry.kind = *kind;
    entry.executable = *flags & EXECUTABLE;
    entry.depth = static_cast<quint32>(*depth);
    entry.name = *std::move(name);
    if (entry.kind == EntryKind::File) {
        const auto size = page.varint();
        if (!size || *size > static_cast<quint64>(MAX_FILE_BYTES))
            return std::nullopt;
        entry.size = static_cast<qint64>(*size);
    } else if (entry.kind == EntryKind::Link) {
        auto target = readText(page, MAX_TARGET_BYTES);
        if (!target || !isInnerTarget(*target, entry.depth))
            return std::nullopt;
        entry.target = *std::move(target);
    }
    const auto mtime = page.varint();
    if (!mtime)
        return std::nullopt;
    entry.mtimeNs = unzigzag(*mtime);
    if (*flags & ATTRIBUTES) {
        auto attributes = readAttributes(page);
        if (!attributes)
            return std::nullopt;
        entry.attributes = *std::move(attributes);
    }
    return entry;
}

Error brokenPage()
{
    return {ErrorCode::Protocol,
            QStringLiteral("The other side sent a list of files that makes no sense; nothing was "
                           "received.")};
}

std::uint8_t flagsOf(const ManifestEntry &entry)
{
    switch (entry.kind) {
    case EntryKind::Folder: return FOLDER;
    case EntryKind::Link: return LINK;
    case EntryKind::File: break;
    }
    const int attributes = entry.attributes.isEmpty() ? 0 : ATTRIBUTES;
    return static_cast<std::uint8_t>(attributes | (entry.executable ? EXECUTABLE : 0));
}

} // namespace

bool isAttributeName(const QByteArray &name)
{
    if (name.isEmpty() || name.size() > MAX_ATTRIBUTE_NAME_BYTES || !isText(viewOf(name))
        || std::any_of(name.begin(), name.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
        return false;
    const QByteArray lower = name.toLower();
    return std::none_of(std::begin(RESERVED), std::end(RESERVED),
                        [&lower](const char *prefix) { return lower.startsWith(prefix); });
}

QByteArray packAttributes(const Attributes &attributes)
{
    QByteArray packed;
    for (const auto &[name, value] : attributes) {
        appendVarint(packed, static_cast<quint64>(name.size()));
        packed += name;
        appendVarint(packed, static_cast<quint64>(value.size()));
        packed += value;
    }
    return packed;
}

std::optional<Attributes> unpackAttributes(ByteView packed)
{
    if (packed.size() > static_cast<std::size_t>(MAX_ATTRIBUTES_BYTES))
        return std::nullopt;
    Attributes attributes;
    PageReader reader(packed);
    while (!reader.atEnd()) {
        const auto name = readText(reader, MAX_ATTRIBUTE_NAME_BYTES);
        const auto length = name ? reader.varint() : std::nullopt;
        if (!length || *length > static_cast<quint64>(MAX_ATTRIBUTE_VALUE_BYTES))
            return std::nullopt;
        const auto value = reader.bytes(*length);
        const bool ascends = attributes.empty() || attributes.rbegin()->first < *name;
        if (!value || !ascends || !isAttributeName(*name) || attributes.size() >= MOST_ATTRIBUTES)
            return std::nullopt;
        attributes.emplace_hint(attributes.end(), *name, toByteArray(*value));
    }
    return attributes;
}

bool isInnerTarget(const QByteArray &target, quint32 depth)
{
    if (depth == 0 || target.isEmpty() || target.size() > MAX_TARGET_BYTES)
        return false;
    const bool odd = std::any_of(target.begin(), target.end(), [](char c) {
        return c == '\\' || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    // A drive ("C:") is absolute where there are drives.
    if (odd || (target.size() >= 2 && target[1] == ':'))
        return false;
    quint32 ups = 0;
    bool down = false;
    for (const QByteArray &part : target.split('/')) {
        const bool up = part == "..";
        if (part.isEmpty() || part == "." || (up && (down || ++ups >= depth)))
            return false;
        down = down || !up;
    }
    return down;
}

void appendManifestEntry(QByteArray &page, const ManifestEntry &entry)
{
    page.append(static_cast<char>(flagsOf(entry)));
    appendVarint(page, entry.depth);
    appendVarint(page, static_cast<quint64>(entry.name.size()));
    page.append(entry.name);
    if (entry.kind == EntryKind::File)
        appendVarint(page, static_cast<quint64>(entry.size));
    if (entry.kind == EntryKind::Link) {
        appendVarint(page, static_cast<quint64>(entry.target.size()));
        page.append(entry.target);
    }
    appendVarint(page, zigzag(entry.mtimeNs));
    if (entry.kind == EntryKind::File && !entry.attributes.isEmpty()) {
        appendVarint(page, static_cast<quint64>(entry.attributes.size()));
        page.append(entry.attributes);
    }
}

void appendFolderAttributes(QByteArray &packed, quint32 place, const ManifestEntry &entry)
{
    if (entry.kind != EntryKind::Folder || entry.attributes.isEmpty())
        return;
    appendVarint(packed, place);
    appendVarint(packed, static_cast<quint64>(entry.attributes.size()));
    packed.append(entry.attributes);
}

Result<QList<ManifestEntry>> decodeManifestPage(ByteView page)
{
    QList<ManifestEntry> entries;
    PageReader reader(page);
    while (!reader.atEnd()) {
        auto entry = readEntry(reader);
        if (!entry)
            return brokenPage();
        entries.append(*std::move(entry));
    }
    return entries;
}

Result<void> addFolderAttributes(QList<ManifestEntry> &entries, ByteView packed)
{
    PageReader reader(packed);
    for (quint64 next = 0; !reader.atEnd();) {
        const auto place = reader.varint();
        auto attributes = place ? readAttributes(reader) : std::nullopt;
        if (!attributes || *place < next || *place >= static_cast<quint64>(entries.size()))
            return brokenPage();
        ManifestEntry &entry = entries[static_cast<qsizetype>(*place)];
        if (entry.kind != EntryKind::Folder)
            return brokenPage();
        entry.attributes = *std::move(attributes);
        next = *place + 1;
    }
    return {};
}

} // namespace postern::wire
