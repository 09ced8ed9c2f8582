#include "core/transfer/named_manifest.h"

#include "core/transfer/sentences.h"

namespace postern {

namespace {
constexpr int MOST_NOTES = 100;
}

QString NamedManifest::name(Manifest::Index entry) const
{
    const auto safe = safeNames.constFind(entry);
    return safe == safeNames.constEnd() ? QString::fromUtf8(manifest.name(entry)) : *safe;
}

QString NamedManifest::path(Manifest::Index entry) const
{
    QString path = name(entry);
    for (auto up = manifest.parent(entry); up != Manifest::NONE; up = manifest.parent(up))
        path.prepend(name(up) + u'/');
    return path;
}

std::shared_ptr<const NamedManifest> nameSafely(Manifest manifest, const NameRules &rules)
{
    auto named = std::make_shared<NamedManifest>();
    named->manifest = std::move(manifest);
    named->listHash = named->manifest.hash();
    NameRegister names(rules);
    int more = 0;
    for (Manifest::Index entry = 0; entry < named->manifest.count(); ++entry) {
        const QString offered = QString::fromUtf8(named->manifest.name(entry));
        const QString safe = names.take(named->manifest.parent(entry), offered);
        if (safe == offered)
            continue;
        named->safeNames.insert(entry, safe);
        if (named->notes.size() < MOST_NOTES)
            named->notes.append(sentences::nameMadeSafe(offered, safe));
        else
            ++more;
    }
    if (more > 0)
        named->notes.append(sentences::andMore(more));
    return named;
}

} // namespace postern
