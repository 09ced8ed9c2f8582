#include "core/engine/transfer_files.h"

namespace postern {

namespace {

/// Hashes that are read in one go.
constexpr Manifest::Index PAGE = 4096;

/// `List` has a manifest; `pathOf` names its entries.
template<typename List, typename PathOf> class Reader {
public:
    Reader(std::shared_ptr<const List> list, std::shared_ptr<HashNotes> hashes, PathOf pathOf)
        : m_list(std::move(list))
        , m_hashes(std::move(hashes))
        , m_pathOf(std::move(pathOf))
    {
    }

    std::optional<HistoryFile> next()
    {
        const Manifest &manifest = m_list->manifest;
        while (m_next < manifest.count() && manifest.isFolder(m_next))
            ++m_next;
        if (m_next >= manifest.count())
            return std::nullopt;
        const Manifest::Index entry = m_next++;
        return HistoryFile{m_pathOf(*m_list, entry), manifest.size(entry), hashOf(entry)};
    }

private:
    QByteArray hashOf(Manifest::Index entry)
    {
        if (!m_hashes)
            return {};
        if (entry / PAGE != m_page || m_known.isEmpty()) {
            m_page = entry / PAGE;
            m_known = m_hashes->files(m_page * PAGE, PAGE);
        }
        static const QByteArray unknown(HashNotes::HASH_BYTES, '\0');
        const QByteArray hash =
            m_known.mid(qsizetype{entry % PAGE} * HashNotes::HASH_BYTES, HashNotes::HASH_BYTES);
        return hash == unknown ? QByteArray() : hash;
    }

    std::shared_ptr<const List> m_list;
    std::shared_ptr<HashNotes> m_hashes;
    PathOf m_pathOf;
    Manifest::Index m_next = 0;
    Manifest::Index m_page = 0;
    QByteArray m_known; ///< hashes of that page
};

template<typename List, typename PathOf>
HistoryDesk::Files filesBy(std::shared_ptr<const List> list, std::shared_ptr<HashNotes> hashes,
                           bool goesOn, PathOf pathOf)
{
    auto reader = std::make_shared<Reader<List, PathOf>>(std::move(list), hashes, pathOf);
    return {[reader] { return reader->next(); },
            [hashes = std::move(hashes), goesOn] {
                if (hashes && !goesOn)
                    hashes->forget();
            }};
}

} // namespace

HistoryDesk::Files filesOf(std::shared_ptr<const Source> sent, std::shared_ptr<HashNotes> hashes,
                           bool goesOn)
{
    return filesBy(
        std::move(sent), std::move(hashes), goesOn,
        [](const Source &source, Manifest::Index entry) { return source.manifest.path(entry); });
}

HistoryDesk::Files filesOf(std::shared_ptr<const NamedManifest> received,
                           std::shared_ptr<HashNotes> hashes, bool goesOn)
{
    return filesBy(
        std::move(received), std::move(hashes), goesOn,
        [](const NamedManifest &list, Manifest::Index entry) { return list.path(entry); });
}

} // namespace postern
