#include "rendezvous/accounts/contact_rules.h"

namespace postern::rendezvous {

using wire::ContactAction;
using wire::ContactStanding;

namespace {

bool isBlock(Stance stance) { return stance == Stance::Blocked || stance == Stance::BlockedFriend; }

std::optional<Relation> afterRequest(const Relation &r)
{
    if (isBlock(r.mine))
        return std::nullopt;
    return Relation{Stance::Wants, r.theirs};
}

std::optional<Relation> afterAccept(const Relation &r)
{
    if (standing(r) == ContactStanding::Accepted)
        return r;
    if (standing(r) != ContactStanding::AsksYou)
        return std::nullopt;
    return Relation{Stance::Wants, r.theirs};
}

std::optional<Relation> afterRefuse(const Relation &r)
{
    if (standing(r) != ContactStanding::AsksYou)
        return std::nullopt;
    return Relation{Stance::Refused, r.theirs};
}

/// Ends whatever is listed. An accepted contact ends on both sides.
std::optional<Relation> afterRemove(const Relation &r)
{
    switch (r.mine) {
    case Stance::None: return afterRefuse(r);
    case Stance::Refused: return std::nullopt;
    case Stance::Blocked: return Relation{Stance::None, r.theirs};
    case Stance::Wants:
    case Stance::BlockedFriend: break;
    }
    switch (r.theirs) {
    case Stance::Wants: return Relation{Stance::None, Stance::None};
    case Stance::BlockedFriend: return Relation{Stance::None, Stance::Blocked};
    default: return Relation{Stance::None, r.theirs};
    }
}

std::optional<Relation> afterBlock(const Relation &r)
{
    if (isBlock(r.mine))
        return r;
    const bool accepted = standing(r) == ContactStanding::Accepted;
    return Relation{accepted ? Stance::BlockedFriend : Stance::Blocked, r.theirs};
}

std::optional<Relation> afterUnblock(const Relation &r)
{
    if (!isBlock(r.mine))
        return std::nullopt;
    return Relation{r.mine == Stance::BlockedFriend ? Stance::Wants : Stance::None, r.theirs};
}

} // namespace

std::optional<ContactStanding> standing(const Relation &relation)
{
    const bool wanted =
        relation.theirs == Stance::Wants || relation.theirs == Stance::BlockedFriend;
    switch (relation.mine) {
    case Stance::None:
        if (relation.theirs == Stance::Wants)
            return ContactStanding::AsksYou;
        return std::nullopt;
    case Stance::Wants: return wanted ? ContactStanding::Accepted : ContactStanding::AskedByYou;
    case Stance::Refused: return std::nullopt;
    case Stance::Blocked:
    case Stance::BlockedFriend: return ContactStanding::Blocked;
    }
    return std::nullopt;
}

bool isLive(const Relation &relation)
{
    return relation.mine == Stance::Wants && relation.theirs == Stance::Wants;
}

std::optional<Relation> relationAfter(ContactAction action, const Relation &before)
{
    switch (action) {
    case ContactAction::Request: return afterRequest(before);
    case ContactAction::Accept: return afterAccept(before);
    case ContactAction::Refuse: return afterRefuse(before);
    case ContactAction::Remove: return afterRemove(before);
    case ContactAction::Block: return afterBlock(before);
    case ContactAction::Unblock: return afterUnblock(before);
    case ContactAction::COUNT: break;
    }
    return std::nullopt;
}

} // namespace postern::rendezvous
