#include "core/transfer/folder_chain.h"

namespace postern {

void FolderChain::setBase(std::unique_ptr<Folder> base)
{
    leaveAll();
    m_base = std::move(base);
}

void FolderChain::leaveLast()
{
    Step last = std::move(m_steps.back());
    m_steps.pop_back();
    if (m_leaving)
        m_leaving(*last.folder, last.entry);
}

void FolderChain::leaveAll()
{
    while (!m_steps.empty())
        leaveLast();
}

Result<Folder *> FolderChain::reach(Manifest::Index folder)
{
    if (!m_steps.empty() && m_steps.back().entry == folder)
        return m_steps.back().folder.get();

    std::vector<Manifest::Index> way; // innermost first
    for (auto up = folder; up != Manifest::NONE; up = m_manifest.parent(up))
        way.push_back(up);
    const auto onWay = [&](std::size_t depth) {
        return depth < way.size() ? way[way.size() - 1 - depth] : Manifest::NONE;
    };
    while (!m_steps.empty() && m_steps.back().entry != onWay(m_steps.size() - 1))
        leaveLast();
    while (m_steps.size() < way.size()) {
        const Manifest::Index next = onWay(m_steps.size());
        Folder &parent = m_steps.empty() ? *m_base : *m_steps.back().folder;
        auto opened = parent.openFolder(m_naming(next));
        if (!opened)
            return opened.error();
        m_steps.push_back({next, std::move(*opened)});
    }
    return m_steps.empty() ? m_base.get() : m_steps.back().folder.get();
}

} // namespace postern
