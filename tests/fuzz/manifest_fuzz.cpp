// The pages of a hostile sender's manifest. What decodes must encode to what decodes the
// same, and what a Manifest takes must be named so that nothing leaves its folder.

#include "core/transfer/named_manifest.h"
#include "core/wire/manifest_page.h"

#include <cstdlib>

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
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
