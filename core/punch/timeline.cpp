#include "core/punch/timeline.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// Single packets may fill this much, so that there is always room for what they lead to.
constexpr qsizetype MOST_PACKETS = 384;
constexpr qsizetype MOST = 512;

bool isPacket(Step step)
{
    return step == Step::CheckSent || step == Step::CheckReceived || step == Step::CheckAnswered;
}

} // namespace

void Timeline::add(Instant at, Step step, const Endpoint &remote, int number)
{
    if (m_entries.size() < (isPacket(step) ? MOST_PACKETS : MOST))
        m_entries.append({at, step, remote, number});
}

QString stepName(Step step)
{
    switch (step) {
    case Step::Offered: return QStringLiteral("offered");
    case Step::CandidateAdded: return QStringLiteral("candidate-added");
    case Step::OpenerSent: return QStringLiteral("opener-sent");
    case Step::CheckSent: return QStringLiteral("check-sent");
    case Step::CheckReceived: return QStringLiteral("check-received");
    case Step::CheckAnswered: return QStringLiteral("check-answered");
    case Step::PeerReflexive: return QStringLiteral("peer-reflexive");
    case Step::Remapped: return QStringLiteral("remapped");
    case Step::RoleSwitched: return QStringLiteral("role-switched");
    case Step::PortsTold: return QStringLiteral("ports-told");
    case Step::PortsHeard: return QStringLiteral("ports-heard");
    case Step::PortsCounted: return QStringLiteral("ports-counted");
    case Step::Eased: return QStringLiteral("eased");
    case Step::Halted: return QStringLiteral("halted");
    case Step::Guessing: return QStringLiteral("guessing");
    case Step::GuessMet: return QStringLiteral("guess-met");
    case Step::PathValidated: return QStringLiteral("path-validated");
    case Step::Nominating: return QStringLiteral("nominating");
    case Step::Nominated: return QStringLiteral("nominated");
    case Step::HandedOver: return QStringLiteral("handed-over");
    case Step::Stuck: return QStringLiteral("stuck");
    case Step::ConsentLost: return QStringLiteral("consent-lost");
    case Step::TcpDialled: return QStringLiteral("tcp-dialled");
    case Step::TcpConnected: return QStringLiteral("tcp-connected");
    case Step::TcpAccepted: return QStringLiteral("tcp-accepted");
    case Step::AttemptFailed: return QStringLiteral("attempt-failed");
    case Step::Secured: return QStringLiteral("secured");
    case Step::RelayGiven: return QStringLiteral("relay-given");
    case Step::RelayTold: return QStringLiteral("relay-told");
    case Step::RelayOpened: return QStringLiteral("relay-opened");
    case Step::Won: return QStringLiteral("won");
    case Step::Failed: return QStringLiteral("failed");
    }
    return QStringLiteral("failed");
}

int Timeline::count(Step step) const
{
    return static_cast<int>(
        std::count_if(m_entries.begin(), m_entries.end(),
                      [step](const TimelineEntry &entry) { return entry.step == step; }));
}

QList<TimelineEntry> merged(const QList<const Timeline *> &timelines)
{
    QList<TimelineEntry> all;
    for (const auto *timeline : timelines)
        all += timeline->entries();
    std::stable_sort(all.begin(), all.end(),
                     [](const auto &one, const auto &two) { return one.at < two.at; });
    return all;
}

} // namespace postern::punch
