#pragma once
// Asks a person about offers, one at a time: who, what, how much, into where, and how much
// room there is. The question comes last, so no long name pushes it away; names are shown as
// plain text; the whole tree is a keypress away, and parts of it can be left out by their
// numbers. Thread: main thread only.

#include "app/cli/console.h"
#include "core/engine_types.h"

namespace postern::cli {

class OfferPrompt {
public:
    /// No terms: declined.
    using Decided = std::function<void(const TransferId &, const std::optional<AcceptTerms> &)>;

    OfferPrompt(Console &console, Decided decided);

    void add(const OfferInfo &offer);
    void withdraw(const TransferId &id); ///< the sender took it back

    static constexpr int ENTRIES_AT_FIRST = 10;

private:
    void askNext();
    void askFirst();
    void answered(const std::optional<QString> &line);
    void listEverything();
    void leaveOut(const QString &numbers);
    void landIn(const QString &folder);
    void settle(bool accept);

    Console &m_console;
    Decided m_decided;
    QList<OfferInfo> m_waiting; ///< the first is the one being asked about
    AcceptTerms m_terms; ///< for that one
};

/// The lines above the question; at most `entries` of the tree.
QStringList offerDescription(const OfferInfo &offer, int columns, int entries);

} // namespace postern::cli
