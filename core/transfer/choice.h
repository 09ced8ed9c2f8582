#pragma once
// What a receiver leaves out of an offer. Both sides then go on with a list without it, so
// nothing below them knows of choices: entries are numbered anew.
//
//     choice := run*     run := gap:varint length:varint     (manifest_page.h's varint)
//
// A run leaves out `length` entries, `gap` entries behind the run before. A folder that is left
// out takes with it all that it holds. Pure but for the last three; any thread.

#include "core/transfer/named_manifest.h"
#include "core/transfer/receive_journal.h"
#include "core/transfer/source.h"

#include <QByteArray>
#include <QList>

#include <memory>
#include <vector>

namespace postern {

inline const QByteArray CHOICE_PREFIX = "choice-"; ///< then as the journal's name goes on

/// Packed; a list that needs more is refused where it is made.
inline constexpr qsizetype MOST_CHOICE_BYTES = 96 * 1024;

class Choice {
public:
    Choice() = default;
    /// Of what a person ticked off: entries in any order, a folder standing for what it holds.
    /// LimitExceeded where it is too scattered to be told; InvalidArgument if nothing is left.
    static Result<Choice> of(const Manifest &manifest, const QList<quint32> &leftOut);
    /// Of what the peer, or the disk, tells: Protocol unless it fits the manifest.
    static Result<Choice> parse(const Manifest &manifest, const QByteArray &packed);

    bool isAll() const { return m_packed.isEmpty(); }
    const QByteArray &packed() const { return m_packed; }

    std::shared_ptr<const NamedManifest> of(const NamedManifest &offer) const;
    std::shared_ptr<const Source> of(const Source &source) const;

private:
    struct Kept {
        Manifest manifest;
        std::vector<Manifest::Index> before; ///< per entry: its number in the whole list
    };
    Kept kept(const Manifest &manifest) const;

    QByteArray m_packed;
    std::vector<bool> m_out; ///< per entry of the whole list
};

/// Beside the journal, so that a later life of the receiver goes on with the same list.
Result<void> keepChoice(const JournalHome &home, const DeviceId &from, const TransferId &id,
                        const Choice &choice);
/// Empty where none was kept, or it does not fit.
Choice recallChoice(const JournalHome &home, const DeviceId &from, const TransferId &id,
                    const Manifest &manifest);
void forgetChoice(const JournalHome &home, const DeviceId &from, const TransferId &id);

} // namespace postern
