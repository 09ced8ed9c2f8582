#pragma once
// The open folders that lead to the current entry of a manifest. Walking in pre-order, each
// folder is opened once, however many files it has. One lane at a time.

#include "core/transfer/file_system.h"
#include "core/transfer/manifest.h"

#include <functional>
#include <vector>

namespace postern {

class FolderChain {
public:
    using Naming = std::function<QByteArray(Manifest::Index)>; ///< what an entry is called here
    using Leaving = std::function<void(Folder &, Manifest::Index)>;

    FolderChain(const Manifest &manifest, Naming naming, Leaving leaving = {})
        : m_manifest(manifest)
        , m_naming(std::move(naming))
        , m_leaving(std::move(leaving))
    {
    }

    /// The folder in which the entries at the top lie. Leaves all that was open.
    void setBase(std::unique_ptr<Folder> base);
    Folder *base() const { return m_base.get(); }

    /// The open folder with this index (NONE: the base).
    Result<Folder *> reach(Manifest::Index folder);

    /// Closes everything but the base.
    void leaveAll();

private:
    struct Step {
        Manifest::Index entry;
        std::unique_ptr<Folder> folder;
    };
    void leaveLast();

    const Manifest &m_manifest;
    Naming m_naming;
    Leaving m_leaving;
    std::unique_ptr<Folder> m_base;
    std::vector<Step> m_steps;
};

} // namespace postern
