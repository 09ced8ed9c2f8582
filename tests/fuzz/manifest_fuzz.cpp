// The pages of a hostile sender's manifest, and the attributes of folders beside them. What decodes
// must encode to what decodes the same, and what a Manifest takes must be named so that nothing
// leaves its folder, nor may a link lead out of its item.

#include "core/transfer/named_manifest.h"
#include "core/wire/manifest_page.h"

#include <cstdlib>

using namespace postern;

namespace {

/// How far above its top-level item a link would get, were each name a link to the item itself.
bool leadsOut(const Manifest &manifest, Manifest::Index link)
{
    qsizetype depth = static_cast<qsizetype>(manifest.depth(link)) - 1;
    for (const QByteArray &part : manifest.target(link).split('/')) {
        if (part.isEmpty() || part.contains('\0'))
            return true;
        depth = part == ".." ? depth - 1 : 0;
        if (depth < 0)
            return true;
    }
    return false;
}

void checkAttributes(const Manifest &manifest)
{
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
        const auto attributes = wire::unpackAttributes(viewOf(manifest.attributes(entry)));
        if (!attributes || (!attributes->empty() && manifest.isLink(entry)))
            std::abort();
        for (const auto &[name, value] : *attributes)
            if (name.toLower().startsWith("xdg.origin") || name.contains('\0'))
                std::abort();
    }
}

/// Beside a page of folders and files by turns.
void fuzzFolderAttributes(ByteView packed)
{
    constexpr int ENTRIES = 300; // places of one byte and of two
    QList<wire::ManifestEntry> entries;
    for (int i = 0; i < ENTRIES; ++i) {
        wire::ManifestEntry entry;
        entry.kind = i % 2 == 0 ? wire::EntryKind::Folder : wire::EntryKind::File;
        entry.name = "n";
        entries.append(entry);
    }
    const QList<wire::ManifestEntry> plain = entries;
    if (!wire::addFolderAttributes(entries, packed))
        return;
    QByteArray back;
    Manifest manifest;
    for (int i = 0; i < ENTRIES; ++i) {
        if (i % 2 == 1 && entries[i] != plain[i])
            std::abort();
        wire::appendFolderAttributes(back, static_cast<quint32>(i), entries[i]);
        (void)manifest.append(entries[i]).ok();
    }
    checkAttributes(manifest);
    QList<wire::ManifestEntry> again = plain;
    if (!wire::addFolderAttributes(again, viewOf(back)) || again != entries)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzzFolderAttributes({data, size});
    const auto entries = wire::decodeManifestPage({data, size});
    if (!entries)
        return 0;
    QByteArray page;
    Manifest manifest;
    for (const wire::ManifestEntry &entry : *entries) {
        wire::appendManifestEntry(page, entry);
        (void)manifest.append(entry).ok();
    }
    const auto again = wire::decodeManifestPage(viewOf(page));
    if (!again || *again != *entries)
        std::abort();

    checkAttributes(manifest);
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry)
        if (manifest.isLink(entry) && leadsOut(manifest, entry))
            std::abort();

    const NameRules windows{true, true, false, 765, 255};
    for (const NameRules &rules : {NameRules{}, windows}) {
        const auto named = nameSafely(manifest, rules);
        for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
            const QString name = named->name(entry);
            if (name.isEmpty() || name == u"." || name == u".." || name.contains(u'/')
                || name.toUtf8().size() > rules.mostBytes)
                std::abort();
        }
    }
    return 0;
}
