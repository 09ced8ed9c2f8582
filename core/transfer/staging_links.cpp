// Links come last into an item, when nothing will be written into it any more. They are made and
// never followed; where each leads was checked when its entry was taken into the manifest.

#include "core/transfer/sentences.h"
#include "core/transfer/staging.h"

namespace postern {

namespace {
constexpr int MOST_TRIES = 10'000;
constexpr int MOST_NOTES = 100;
} // namespace

Result<void> Staging::makeLinks(Manifest::Index root, Manifest::Index end)
{
    for (Manifest::Index entry = root; entry < end; ++entry)
        if (m_manifest.isLink(entry))
            if (auto made = makeLink(entry); !made)
                return made;
    return {};
}

/// The target with the names that things have here.
QByteArray Staging::targetOf(Manifest::Index link) const
{
    QByteArrayList parts = m_manifest.target(link).split('/');
    for (QByteArray &part : parts)
        if (part != "..")
            part = safeName(QString::fromUtf8(part), NameRules::ofThisSystem()).toUtf8();
    return parts.join('/');
}

Result<void> Staging::makeLink(Manifest::Index entry)
{
    const auto folder = m_chain.reach(m_manifest.parent(entry));
    if (!folder)
        return failure(entry, folder.error());
    const QByteArray target = targetOf(entry);
    const QString wanted = m_offer->name(entry);
    QString name = wanted;
    auto made = (*folder)->createLink(name.toUtf8(), target);
    for (int number = 2; !made && made.error().code == ErrorCode::FileExists && number < MOST_TRIES;
         ++number) {
        if (const auto there = (*folder)->readLink(name.toUtf8()); there && *there == target)
            return {}; // made in an earlier life
        name = numberedName(wanted, number, NameRules::ofThisSystem());
        made = (*folder)->createLink(name.toUtf8(), target);
    }
    const bool tells = m_notes.size() < MOST_NOTES;
    if (made && name != wanted && tells)
        m_notes.append(sentences::renamed(wanted, name));
    if (made || made.error().code != ErrorCode::Unavailable)
        return made ? Result<void>() : failure(entry, made.error());
    if (tells)
        m_notes.append(sentences::linkNotMade(m_offer->path(entry)));
    return {};
}

} // namespace postern
