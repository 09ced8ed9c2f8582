#include "core/transfer/file_system.h"

namespace postern {

Result<void> removeTree(Folder &parent, const QByteArray &name)
{
    Result<void> first;
    const auto note = [&first](const Result<void> &outcome) {
        if (first && !outcome)
            first = outcome;
    };
    {
        auto folder = parent.openFolder(name);
        if (!folder)
            return folder.error();
        const auto items = (*folder)->list();
        if (!items)
            return items.error();
        for (const FolderItem &item : *items) {
            if (item.info.kind == FileKind::Folder)
                note(removeTree(**folder, item.name));
            else
                note((*folder)->removeFile(item.name));
        }
    }
    note(parent.removeFolder(name));
    return first;
}

} // namespace postern
