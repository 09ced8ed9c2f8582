// TransferDesk: what is received.

#include "core/engine/transfer_desk.h"
#include "core/engine/transfer_view.h"

#include <algorithm>
#include <tuple>

namespace postern {

int TransferDesk::waitingOffersOf(const QString &user) const
{
    return static_cast<int>(
        std::count_if(m_receivings.begin(), m_receivings.end(), [&user](const auto &entry) {
            return entry.second.info.contact == user
                && entry.second.info.state == TransferState::Offered;
        }));
}

void TransferDesk::offerArrived(PeerLinks::Link &link, std::unique_ptr<Incoming> offer)
{
    const auto &[user, device] = std::tie(link.user, link.device);
    const TransferId id = offer->id();
    const auto rule = m_rules.find(user);
    if (!isReceiving() || !m_contacts.mayTalkTo(user, device)
        || (rule && rule->take == ContactRule::Take::Never))
        return offer->decline(wire::DeclineReason::Policy);
    if (m_receivings.contains(id) || waitingOffersOf(user) >= MAX_WAITING_PER_CONTACT)
        return offer->decline(wire::DeclineReason::Busy);

    auto &receiving = m_receivings[id];
    receiving.link = link.id;
    receiving.machine = std::move(offer);
    receiving.machine->setObserver(this);
    receiving.offer =
        offerOf(receiving.machine->snapshot(), receiving.machine->entries(OFFER_ENTRIES_SHOWN));
    receiving.offer.contact = user;
    receiving.offer.device = m_contacts.deviceName(user, device);
    receiving.offer.destination = rule && !rule->into.isEmpty() ? rule->into : m_receiving->into;
    if (const QString known = receiving.machine->fillsIn(); !known.isEmpty())
        receiving.offer.destination = known;
    receiving.offer.text = receiving.machine->text();
    receiving.machine->setSharedRate(m_down);
    auto &info = receiving.info;
    info.id = id;
    info.direction = Direction::Receiving;
    info.contact = user;
    notePath(info, link.path);
    info.startedAt = QDateTime::currentDateTime();
    refresh(id);
    tell(info);
    if (receiving.machine->goesOn()) { // a person has said yes, in an earlier life
        startReceiving(receiving, receiving.offer.destination);
        return;
    }
    if (!receiving.offer.text.isEmpty())
        return checked(id, {});
    receiving.machine->check(receiving.offer.destination, {},
                             [this, id, life = m_guard.watch()](const DestinationCheck &check) {
                                 if (!life.expired())
                                     checked(id, check);
                             });
}

void TransferDesk::checked(const TransferId &id, const DestinationCheck &check)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || isFinal(found->second.machine->stage()))
        return;
    auto &receiving = found->second;
    receiving.offer.freeBytes = check.freeBytes;
    receiving.offer.problem = check.problem;
    if (m_receiving && asks(receiving.offer)) {
        receiving.asking = true;
        m_events.offer(receiving.offer);
    } else if (!m_receiving || m_receiving->accept == AcceptPolicy::None) {
        receiving.machine->decline(wire::DeclineReason::Policy);
    } else if (check.problem) {
        receiving.info.problem = check.problem; // outlives the snapshot's "declined"
        receiving.machine->decline(check.problem->code == ErrorCode::DiskFull
                                       ? wire::DeclineReason::Space
                                       : wire::DeclineReason::Destination);
    } else {
        startReceiving(receiving, receiving.offer.destination);
    }
}

void TransferDesk::startReceiving(Receiving &receiving, const QString &into)
{
    receiving.asking = false;
    receiving.info.location = receiving.offer.text.isEmpty() ? into : QString();
    receiving.machine->setOrigin(QStringLiteral("postern:") + receiving.offer.contact);
    receiving.machine->accept(into);
    if (!receiving.offer.text.isEmpty())
        keepText(receiving);
}

/// A rule for the contact goes before the policy for all.
bool TransferDesk::asks(const OfferInfo &offer) const
{
    const auto rule = m_rules.find(offer.contact);
    if (!rule)
        return m_receiving->accept == AcceptPolicy::Ask;
    return rule->take == ContactRule::Take::Ask
        || (rule->take == ContactRule::Take::BelowSize && offer.bytes > rule->belowBytes);
}

/// It is delivered once it is kept where a crash can't take it.
void TransferDesk::keepText(Receiving &receiving)
{
    const TransferId id = receiving.info.id;
    refresh(id);
    if (!m_keepText)
        return receiving.machine->textKept(
            Error{ErrorCode::Unavailable, tr("There is nowhere to keep a text.")});
    m_keepText(receiving.info, [this, id, life = m_guard.watch()](const Result<void> &kept) {
        if (life.expired())
            return;
        const auto found = m_receivings.find(id);
        if (found != m_receivings.end())
            found->second.machine->textKept(kept);
    });
}

void TransferDesk::acceptOffer(const TransferId &id, const AcceptTerms &terms)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || !found->second.asking)
        return;
    auto &receiving = found->second;
    QList<quint32> leaveOut;
    for (const int entry : terms.leaveOut)
        if (entry >= 0)
            leaveOut.append(static_cast<quint32>(entry));
    const QString into = terms.into.isEmpty() ? receiving.offer.destination : terms.into;
    if (!receiving.offer.text.isEmpty())
        return acceptInto(id, into, leaveOut, {});
    receiving.machine->check(
        into, leaveOut,
        [this, id, into, leaveOut, life = m_guard.watch()](const DestinationCheck &check) {
            if (!life.expired())
                acceptInto(id, into, leaveOut, check);
        });
}

/// Where that folder can't take it the person is asked again, with the reason: another folder may,
/// or some of it be left out.
void TransferDesk::acceptInto(const TransferId &id, const QString &into,
                              const QList<quint32> &without, const DestinationCheck &check)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || !found->second.asking
        || isFinal(found->second.machine->stage()))
        return;
    auto &receiving = found->second;
    receiving.offer.problem = check.problem;
    if (receiving.offer.text.isEmpty())
        receiving.offer.freeBytes = check.freeBytes;
    if (!check.problem)
        if (const auto left = receiving.machine->leaveOut(without); !left)
            receiving.offer.problem = left.error();
    if (receiving.offer.problem)
        m_events.offer(receiving.offer);
    else
        startReceiving(receiving, into);
}

void TransferDesk::declineOffer(const TransferId &id)
{
    const auto found = m_receivings.find(id);
    if (found == m_receivings.end() || !found->second.asking)
        return;
    found->second.asking = false;
    found->second.machine->decline(wire::DeclineReason::Person);
}

} // namespace postern
