#include "core/transfer/choice.h"

#include "core/transfer/journal_file.h"
#include "core/transfer/sentences.h"

#include <algorithm>

namespace postern {

namespace {

void appendVarint(QByteArray &into, quint32 value)
{
    for (; value >= 0x80; value >>= 7)
        into.append(static_cast<char>(value | 0x80));
    into.append(static_cast<char>(value));
}

/// Nothing where the bytes end, or tell more than a manifest may hold.
std::optional<quint32> takeVarint(const QByteArray &packed, qsizetype &at)
{
    quint64 value = 0;
    for (int shift = 0; shift < 28 && at < packed.size(); shift += 7) {
        const auto byte = static_cast<std::uint8_t>(packed[at++]);
        value |= quint64{byte & 0x7fU} << shift;
        if ((byte & 0x80U) == 0)
            return static_cast<quint32>(value);
    }
    return std::nullopt;
}

QByteArray pack(const std::vector<bool> &out)
{
    QByteArray packed;
    std::size_t behind = 0; // the run before
    for (std::size_t begin = 0; begin < out.size();) {
        if (!out[begin]) {
            ++begin;
            continue;
        }
        std::size_t end = begin;
        while (end < out.size() && out[end])
            ++end;
        appendVarint(packed, static_cast<quint32>(begin - behind));
        appendVarint(packed, static_cast<quint32>(end - begin));
        begin = behind = end;
    }
    return packed;
}

QByteArray fileNameOf(const DeviceId &from, const TransferId &id)
{
    return CHOICE_PREFIX + from.toByteArray().first(8).toHex() + '-' + id.toByteArray().toHex();
}

} // namespace

Result<Choice> Choice::of(const Manifest &manifest, const QList<quint32> &leftOut)
{
    Choice choice;
    choice.m_out.resize(manifest.count());
    for (const quint32 entry : leftOut)
        if (entry < manifest.count())
            choice.m_out[entry] = true;
    bool any = false;
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
        const Manifest::Index parent = manifest.parent(entry);
        if (parent != Manifest::NONE && choice.m_out[parent])
            choice.m_out[entry] = true;
        any = any || !choice.m_out[entry];
    }
    if (!any)
        return sentences::nothingChosen();
    choice.m_packed = pack(choice.m_out);
    if (choice.m_packed.size() > MOST_CHOICE_BYTES)
        return sentences::choiceTooScattered();
    return choice;
}

Result<Choice> Choice::parse(const Manifest &manifest, const QByteArray &packed)
{
    Choice choice;
    choice.m_packed = packed;
    choice.m_out.resize(manifest.count());
    quint64 entry = 0;
    for (qsizetype at = 0; at < packed.size();) {
        const auto gap = takeVarint(packed, at);
        const auto length = gap ? takeVarint(packed, at) : std::nullopt;
        if (!length || *length == 0 || (*gap == 0 && entry > 0)
            || entry + *gap + *length > manifest.count())
            return sentences::protocolBroken();
        entry += *gap;
        for (quint32 i = 0; i < *length; ++i)
            choice.m_out[entry++] = true;
    }
    bool any = false;
    for (Manifest::Index one = 0; one < manifest.count(); ++one) {
        const Manifest::Index parent = manifest.parent(one);
        if (parent != Manifest::NONE && choice.m_out[parent] && !choice.m_out[one])
            return sentences::protocolBroken();
        any = any || !choice.m_out[one];
    }
    if (!any)
        return sentences::protocolBroken();
    return choice;
}

Choice::Kept Choice::kept(const Manifest &manifest) const
{
    Kept kept;
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
        if (m_out[entry])
            continue;
        const auto appended = kept.manifest.append(manifest.entry(entry));
        Q_ASSERT(appended.ok()); // a part of a sound list is one
        kept.before.push_back(entry);
    }
    return kept;
}

std::shared_ptr<const NamedManifest> Choice::of(const NamedManifest &offer) const
{
    auto chosen = std::make_shared<NamedManifest>();
    Kept kept = this->kept(offer.manifest);
    chosen->manifest = std::move(kept.manifest);
    chosen->notes = offer.notes;
    chosen->listHash = offer.listHash;
    for (Manifest::Index entry = 0; entry < chosen->manifest.count(); ++entry)
        if (const auto safe = offer.safeNames.constFind(kept.before[entry]);
            safe != offer.safeNames.constEnd())
            chosen->safeNames.insert(entry, *safe);
    return chosen;
}

std::shared_ptr<const Source> Choice::of(const Source &source) const
{
    auto chosen = std::make_shared<Source>();
    Kept kept = this->kept(source.manifest);
    chosen->manifest = std::move(kept.manifest);
    chosen->listHash = source.listHash;
    chosen->title = source.title;
    chosen->notes = source.notes;
    for (Manifest::Index entry = 0; entry < chosen->manifest.count(); ++entry) {
        const Manifest::Index before = kept.before[entry];
        if (!source.identities.empty())
            chosen->identities.push_back(source.identities[before]);
        if (const auto native = source.nativeNames.constFind(before);
            native != source.nativeNames.constEnd())
            chosen->nativeNames.insert(entry, *native);
    }
    const auto &roots = source.manifest.roots();
    for (std::size_t root = 0; root < roots.size(); ++root)
        if (!m_out[roots[root]])
            chosen->rootFolders.push_back(source.rootFolders[root]);
    return chosen;
}

// --- the disk ----------------------------------------------------------------------------

Result<void> keepChoice(const JournalHome &home, const DeviceId &from, const TransferId &id,
                        const Choice &choice)
{
    if (home.folder.isEmpty() || choice.isAll())
        return {};
    forgetChoice(home, from, id);
    const auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return folder.error();
    auto file = JournalFile::create(**folder, fileNameOf(from, id));
    if (!file)
        return file.error();
    auto kept = (*file)->append(choice.packed());
    if (kept)
        kept = (*file)->sync();
    return kept ? (*folder)->sync() : kept;
}

Choice recallChoice(const JournalHome &home, const DeviceId &from, const TransferId &id,
                    const Manifest &manifest)
{
    if (home.folder.isEmpty())
        return {};
    const auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return {};
    Choice found;
    const auto read =
        JournalFile::open(**folder, fileNameOf(from, id), [&](const QByteArray &packed) {
            if (auto choice = Choice::parse(manifest, packed))
                found = *std::move(choice);
        });
    return read ? found : Choice();
}

void forgetChoice(const JournalHome &home, const DeviceId &from, const TransferId &id)
{
    if (home.folder.isEmpty())
        return;
    if (const auto folder = home.files->openFolder(home.folder))
        (void)(*folder)->removeFile(fileNameOf(from, id)).ok();
}

} // namespace postern
