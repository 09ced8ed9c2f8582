#include "app/cli/transfer_control.h"

#include "app/cli/json_events.h"
#include "app/cli/offer_choice.h"
#include "app/cli/target_folder.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

namespace postern::cli {

namespace {

/// Whether the command does anything to a transfer in this state.
bool concerns(ControlVerb verb, const TransferInfo &transfer)
{
    switch (verb) {
    case ControlVerb::Pause:
        return !transfer.finished()
            && (transfer.state != TransferState::Paused || transfer.pausedBy != PausedBy::Us);
    case ControlVerb::Resume: return transfer.state == TransferState::Paused;
    case ControlVerb::Retry:
        return transfer.finished() && transfer.state != TransferState::Delivered
            && transfer.direction == Direction::Sending;
    default: return !transfer.finished();
    }
}

QString stateLine(const TransferInfo &transfer)
{
    const auto pattern = transfer.direction == Direction::Sending ? Cli::tr("%1  to %2  %3  %4")
                                                                  : Cli::tr("%1  from %2  %3  %4");
    const int percent = transfer.totalBytes > 0
        ? int(double(transfer.bytes) * 100 / double(transfer.totalBytes))
        : 0;
    auto line =
        pattern.arg(transfer.id.shortHex(), plainText(transfer.contact),
                    elided(plainText(transfer.title), 40), transferStateName(transfer.state));
    if (percent > 0 && !transfer.finished())
        line += QStringLiteral("  %1%").arg(percent);
    return line;
}

QString rateText(qint64 rate) { return Cli::tr("%1/s").arg(byteCount(rate)); }

/// For commands that no event of a transfer answers; empty for the others.
QString sentenceFor(const ControlLine &line)
{
    switch (line.verb) {
    case ControlVerb::Limit:
        return line.rate > 0 ? Cli::tr("Limited to %1.").arg(rateText(line.rate))
                             : Cli::tr("Not limited any more.");
    case ControlVerb::Up:
        return line.rate > 0 ? Cli::tr("Sending is limited to %1.").arg(rateText(line.rate))
                             : Cli::tr("Sending is not limited any more.");
    case ControlVerb::Down:
        return line.rate > 0 ? Cli::tr("Receiving is limited to %1.").arg(rateText(line.rate))
                             : Cli::tr("Receiving is not limited any more.");
    case ControlVerb::Retry: return Cli::tr("Tried again.");
    case ControlVerb::Help: return controlUsage();
    default: return {};
    }
}

} // namespace

TransferControl::TransferControl(Engine &engine, Console &console, const RunArguments &arguments,
                                 IsOurs isOurs, Decided decided)
    : m_engine(engine)
    , m_console(console)
    , m_arguments(arguments)
    , m_isOurs(std::move(isOurs))
    , m_decided(std::move(decided))
{
}

TransferControl::~TransferControl()
{
    if (m_arguments.control)
        m_console.readLines({});
    if (m_readsKeys)
        m_console.readKeys({});
}

void TransferControl::start()
{
    if (m_arguments.limits != RateLimits{})
        m_engine.setRateLimits(m_arguments.limits);
    if (m_arguments.control)
        m_console.readLines([this](const std::optional<QString> &line) { lineTyped(line); });
}

void TransferControl::setRunning(bool running)
{
    const bool forPeople =
        !m_arguments.control && !m_arguments.json && m_console.isTerminal() && m_console.canAsk();
    if (!forPeople || running == m_readsKeys)
        return;
    m_readsKeys = running;
    if (!running) {
        m_console.readKeys({});
        return;
    }
    if (!std::exchange(m_keysTold, true))
        m_console.print(Cli::tr("Keys: p pauses, r resumes, c cancels."));
    m_console.readKeys([this](QChar key) { keyPressed(key); });
}

void TransferControl::addOffer(const OfferInfo &offer)
{
    m_offers << offer;
    if (m_inputEnded) {
        refuse({ErrorCode::Declined,
                Cli::tr("Standard input has ended, so nobody can say yes: declined.")});
        settle(offer.id, std::nullopt);
        return;
    }
    if (!m_arguments.json)
        m_console.print(Cli::tr("Write \"accept %1\" or \"decline %1\".").arg(offer.id.shortHex()));
}

void TransferControl::withdraw(const TransferId &id)
{
    m_offers.removeIf([&id](const OfferInfo &offer) { return offer.id == id; });
}

void TransferControl::lineTyped(const std::optional<QString> &text)
{
    if (!text) {
        m_inputEnded = true;
        const auto open = m_offers;
        for (const auto &offer : open)
            settle(offer.id, std::nullopt);
        return;
    }
    const auto line = parseControlLine(*text);
    if (!line) {
        refuse(line.error());
        return;
    }
    if (!*line)
        return;
    const auto done = carryOut(**line);
    if (done)
        answer(**line, *done);
    else
        refuse(done.error());
}

void TransferControl::keyPressed(QChar key)
{
    ControlLine line;
    switch (key.toLower().unicode()) {
    case 'p': line.verb = ControlVerb::Pause; break;
    case 'r': line.verb = ControlVerb::Resume; break;
    case 'c': line.verb = ControlVerb::Cancel; break;
    default: return;
    }
    if (const auto done = steer(line); !done)
        refuse(done.error());
}

Result<QList<TransferId>> TransferControl::carryOut(const ControlLine &line)
{
    switch (line.verb) {
    case ControlVerb::Up:
    case ControlVerb::Down:
        (line.verb == ControlVerb::Up ? m_arguments.limits.up : m_arguments.limits.down) =
            line.rate;
        m_engine.setRateLimits(m_arguments.limits);
        return QList<TransferId>();
    case ControlVerb::List: list(); return QList<TransferId>();
    case ControlVerb::Help: return QList<TransferId>();
    case ControlVerb::Accept:
    case ControlVerb::Decline: {
        const auto offer = offerMeant(line);
        if (!offer)
            return offer.error();
        if (line.verb == ControlVerb::Decline)
            settle(offer->id, std::nullopt);
        else if (const auto accepted = accept(*offer, line); !accepted)
            return accepted.error();
        return QList<TransferId>{offer->id};
    }
    default: return steer(line);
    }
}

Result<QList<TransferId>> TransferControl::steer(const ControlLine &line)
{
    const auto transfers = meant(line);
    if (!transfers)
        return transfers.error();
    QList<TransferId> ids;
    for (const auto &transfer : *transfers) {
        ids << transfer.id;
        switch (line.verb) {
        case ControlVerb::Pause: m_engine.pauseTransfer(transfer.id); break;
        case ControlVerb::Resume: m_engine.resumeTransfer(transfer.id); break;
        case ControlVerb::Cancel: m_engine.cancelTransfer(transfer.id); break;
        case ControlVerb::Retry: m_engine.retryTransfer(transfer.id); break;
        case ControlVerb::Move: m_engine.moveTransfer(transfer.id, line.place); break;
        case ControlVerb::Limit: m_engine.setTransferLimit(transfer.id, line.rate); break;
        default: break;
        }
    }
    return ids;
}

Result<void> TransferControl::accept(const OfferInfo &offer, const ControlLine &line)
{
    AcceptTerms terms;
    if (!line.into.isEmpty()) {
        const auto into = targetFolder(line.into);
        if (!into)
            return into.error();
        terms.into = *into;
    }
    const auto leftOut = entriesMatching(offer, line.without);
    if (!leftOut)
        return leftOut.error();
    terms.leaveOut = *leftOut;
    const auto left = remainderOf(offer, terms.leaveOut);
    if (!terms.leaveOut.isEmpty() && left.files <= 0 && left.folders <= 0)
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("That would leave nothing; decline it instead.")};
    settle(offer.id, terms);
    return {};
}

void TransferControl::settle(const TransferId &id, const std::optional<AcceptTerms> &terms)
{
    withdraw(id);
    m_decided(id, terms);
}

Result<QList<TransferInfo>> TransferControl::meant(const ControlLine &line) const
{
    QList<TransferInfo> named;
    QList<TransferInfo> concerned;
    const auto transfers = m_engine.transfers();
    for (const auto &transfer : transfers) {
        if (!m_isOurs(transfer.id) || !transfer.id.toHex().startsWith(line.id))
            continue;
        named << transfer;
        if (concerns(line.verb, transfer))
            concerned << transfer;
    }
    const auto word = controlWord(line.verb);
    if (!line.id.isEmpty() && named.isEmpty())
        return Error{ErrorCode::NotFound,
                     Cli::tr("No transfer has the number %1; \"list\" shows them.").arg(line.id)};
    if (!line.id.isEmpty() && named.size() > 1)
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("More than one transfer's number begins with %1; write more of it.")
                         .arg(line.id)};
    if (concerned.isEmpty())
        return Error{
            ErrorCode::NotAllowed,
            Cli::tr("There is nothing to %1 now; \"list\" shows what is going on.").arg(word)};
    return concerned;
}

Result<OfferInfo> TransferControl::offerMeant(const ControlLine &line) const
{
    QList<OfferInfo> named;
    for (const auto &offer : m_offers)
        if (offer.id.toHex().startsWith(line.id))
            named << offer;
    if (named.size() == 1)
        return named.first();
    return Error{ErrorCode::NotFound,
                 named.isEmpty()
                     ? Cli::tr("No offer with the number %1 waits for an answer.").arg(line.id)
                     : Cli::tr("More than one offer's number begins with %1; write more of it.")
                           .arg(line.id)};
}

void TransferControl::answer(const ControlLine &line, const QList<TransferId> &transfers)
{
    if (m_arguments.json) {
        auto event = controlEvent(controlWord(line.verb), transfers);
        if (line.verb == ControlVerb::Help)
            event["message"] = controlUsage();
        m_console.print(jsonLine(event));
        return;
    }
    if (const auto sentence = sentenceFor(line); !sentence.isEmpty())
        m_console.print(sentence);
}

void TransferControl::refuse(const Error &error)
{
    if (m_arguments.json)
        m_console.print(jsonLine(controlRefusedEvent(error)));
    else
        m_console.warn(plainText(error.message));
}

void TransferControl::list()
{
    int shown = 0;
    const auto transfers = m_engine.transfers();
    for (const auto &transfer : transfers) {
        if (!m_isOurs(transfer.id))
            continue;
        ++shown;
        m_console.print(m_arguments.json ? jsonLine(stateObject(transfer)) : stateLine(transfer));
    }
    if (shown == 0 && !m_arguments.json)
        m_console.print(Cli::tr("There are no transfers now."));
}

} // namespace postern::cli
