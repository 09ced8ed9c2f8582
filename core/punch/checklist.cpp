#include "core/punch/checklist.h"

#include <algorithm>

namespace postern::punch {

namespace {

std::uint64_t priorityOf(const Pair &pair, Role role)
{
    return role == Role::Controlling ? pairPriority(pair.localPriority, pair.remote.priority)
                                     : pairPriority(pair.remote.priority, pair.localPriority);
}

bool goesBefore(const Pair &a, const Pair &b)
{
    if (a.triggered != b.triggered)
        return a.triggered;
    if ((a.tries == 0) != (b.tries == 0)) // every address once before any one again
        return a.tries == 0;
    return a.priority > b.priority;
}

} // namespace

const Check *Pair::check(const stun::TransactionId &id) const
{
    const auto found =
        std::find_if(inFlight.begin(), inFlight.end(), [&](const Check &c) { return c.id == id; });
    return found == inFlight.end() ? nullptr : &*found;
}

void Pair::record(const Check &check)
{
    if (inFlight.size() == Checklist::MAX_IN_FLIGHT)
        inFlight.pop_front();
    inFlight.push_back(check);
}

Pair *Checklist::add(int socket, const Candidate &remote, std::uint32_t localPriority, Role role)
{
    if (m_pairs.size() == MAX_PAIRS)
        return nullptr;
    Pair pair;
    pair.socket = socket;
    pair.remote = remote;
    pair.localPriority = localPriority;
    pair.priority = priorityOf(pair, role);
    m_pairs.push_back(std::move(pair));
    return &m_pairs.back();
}

Pair *Checklist::find(int socket, const Endpoint &remote)
{
    const auto found = std::find_if(m_pairs.begin(), m_pairs.end(), [&](const Pair &pair) {
        return pair.socket == socket && pair.remote.endpoint == remote;
    });
    return found == m_pairs.end() ? nullptr : &*found;
}

Pair *Checklist::findTransaction(const stun::TransactionId &id)
{
    const auto found = std::find_if(m_pairs.begin(), m_pairs.end(),
                                    [&](const Pair &pair) { return pair.check(id) != nullptr; });
    return found == m_pairs.end() ? nullptr : &*found;
}

void Checklist::setRole(Role role)
{
    for (auto &pair : m_pairs)
        pair.priority = priorityOf(pair, role);
}

Pair *Checklist::nextDue(Instant now)
{
    Pair *best = nullptr;
    for (auto &pair : m_pairs)
        if (pair.nextSend <= now && (!best || goesBefore(pair, *best)))
            best = &pair;
    return best;
}

Instant Checklist::nextSend() const
{
    Instant next = NEVER;
    for (const auto &pair : m_pairs)
        next = std::min(next, pair.nextSend);
    return next;
}

Pair *Checklist::bestSucceeded()
{
    Pair *best = nullptr;
    for (auto &pair : m_pairs)
        if (pair.state == PairState::Succeeded && (!best || pair.priority > best->priority))
            best = &pair;
    return best;
}

bool Checklist::mayImproveOn(const Pair &pair) const
{
    return std::any_of(m_pairs.begin(), m_pairs.end(), [&](const Pair &other) {
        const bool open = other.state == PairState::Waiting || other.state == PairState::InProgress;
        return open && other.priority > pair.priority;
    });
}

bool Checklist::allFailed() const
{
    return !m_pairs.empty() && std::all_of(m_pairs.begin(), m_pairs.end(), [](const Pair &pair) {
        return pair.state == PairState::Failed;
    });
}

int Checklist::count(CandidateType type) const
{
    return static_cast<int>(std::count_if(m_pairs.begin(), m_pairs.end(), [&](const Pair &pair) {
        return pair.remote.type == type;
    }));
}

qsizetype Checklist::namedByPeer() const
{
    return static_cast<qsizetype>(m_pairs.size()) - count(CandidateType::PeerReflexive);
}

} // namespace postern::punch
