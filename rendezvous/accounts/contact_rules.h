#pragma once
// What two accounts are to each other, and how that changes. Each side holds one stance;
// what a person sees follows from both, and is made so that nobody can tell a refusal or a
// block from someone who has not answered or is not there. Pure; any thread.
//
//              they Wants / BlockedFriend    they None / Refused / Blocked
//   I None          AsksYou / -                          -
//   I Wants              Accepted                    AskedByYou
//   I Refused               -                            -
//   I Blocked            Blocked                      Blocked

#include "core/wire/rendezvous_messages.h"

#include <optional>

namespace postern::rendezvous {

/// One side's word on the other. Stored in the database: never renumber.
enum class Stance {
    None = 0,
    Wants = 1, ///< asked, or accepted
    Refused = 2, ///< a request was turned down; further ones are not shown
    Blocked = 3,
    BlockedFriend = 4, ///< blocked after both had wanted: the other still sees a contact, offline
};

struct Relation {
    Stance mine = Stance::None;
    Stance theirs = Stance::None;

    Relation reversed() const { return {theirs, mine}; }
    friend bool operator==(const Relation &, const Relation &) = default;
};

/// What I am shown; nullopt: they are not in my list.
std::optional<wire::ContactStanding> standing(const Relation &relation);

/// Whether presence and signals pass between the two.
bool isLive(const Relation &relation);

/// The relation after my action, or nullopt where it makes no sense. Whether it does depends
/// on nothing that I could not see before.
std::optional<Relation> relationAfter(wire::ContactAction action, const Relation &before);

} // namespace postern::rendezvous
