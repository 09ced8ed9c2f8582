// Journals as a disk may give them back: torn, damaged, or written by somebody else.

#include "core/transfer/receive_journal.h"

#include <cstddef>
#include <cstdint>

using namespace postern;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    Manifest manifest;
    (void)manifest.append({wire::EntryKind::Folder, false, 0, "folder", 0, 0, {}}).ok();
    (void)manifest.append({wire::EntryKind::File, false, 1, "file", 1000, 0, {}}).ok();
    (void)manifest.append({wire::EntryKind::File, false, 0, "other", 10, 0, {}}).ok();
    JournalStory story(manifest, "boot");
    story.take(QByteArray(reinterpret_cast<const char *>(data), static_cast<qsizetype>(size)));

    JournalReader reader; // in two pieces, wherever the cut falls
    const std::size_t cut = size > 0 ? data[0] % (size + 1) : 0;
    for (const ByteView piece : {ByteView(data, cut), ByteView(data + cut, size - cut)}) {
        reader.append(piece);
        while (const auto payload = reader.next())
            story.take(*payload);
    }
    const Recalled told = story.told();
    if (told.cursor.entry > manifest.count() || reader.goodBytes() > static_cast<qint64>(size))
        __builtin_trap();
    return 0;
}
