#include "app/cli/json_events.h"

#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <QJsonArray>
#include <QJsonDocument>

#include <cmath>

namespace postern::cli {

namespace {

QString stepName(TransferStep step)
{
    switch (step) {
    case TransferStep::Waiting: return QStringLiteral("waiting");
    case TransferStep::Queued: return QStringLiteral("queued");
    case TransferStep::Offered: return QStringLiteral("offered");
    case TransferStep::Accepted: return QStringLiteral("accepted");
    case TransferStep::Path: return QStringLiteral("path");
    case TransferStep::FirstByte: return QStringLiteral("first-byte");
    case TransferStep::Progress: return QStringLiteral("progress");
    case TransferStep::Paused: return QStringLiteral("paused");
    case TransferStep::Resumed: return QStringLiteral("resumed");
    case TransferStep::Text: return QStringLiteral("text");
    case TransferStep::Done: return QStringLiteral("done");
    case TransferStep::Failed: return QStringLiteral("failed");
    }
    return {};
}

void addOffer(QJsonObject &object, const TransferInfo &transfer)
{
    object["direction"] = transfer.direction == Direction::Sending ? "send" : "receive";
    object["title"] = transfer.title;
    object["files"] = transfer.files;
    object["bytes"] = transfer.totalBytes;
}

void addPath(QJsonObject &object, const PathInfo &path)
{
    object["kind"] = pathKindName(path.kind);
    object["strategy"] = path.strategy;
    object["local"] = path.local.toString();
    object["remote"] = path.remote.toString();
    object["elapsed_ms"] = qint64(path.elapsed.count());
    if (!path.explanation.isEmpty())
        object["explanation"] = path.explanation;
}

void addPause(QJsonObject &object, const TransferInfo &transfer)
{
    const auto by = pausedByName(transfer.pausedBy);
    object["by"] = by.isEmpty() ? pausedByName(PausedBy::Us) : by;
    if (transfer.problem)
        object["message"] = transfer.problem->message;
}

void addDone(QJsonObject &object, const TransferInfo &transfer)
{
    object["status"] = "verified";
    object["bytes"] = transfer.totalBytes;
    object["files"] = transfer.files;
    object["elapsed_ms"] = transfer.elapsedMs;
    object["relayed_bytes"] = transfer.relayedBytes;
    object["path_kinds"] = QJsonArray::fromStringList(transfer.pathKinds);
    if (transfer.direction == Direction::Receiving)
        object["location"] = transfer.location;
    if (!transfer.notes.isEmpty())
        object["notes"] = QJsonArray::fromStringList(transfer.notes);
}

void addFailure(QJsonObject &object, const Error &error, bool resumable)
{
    object["reason"] = errorName(error.code);
    object["message"] = error.message;
    object["resumable"] = resumable;
}

QJsonObject deviceObject(const DeviceInfo &device)
{
    return {{"id", device.id.toHex()},
            {"name", device.name},
            {"online", device.online},
            {"receiving", device.receiving},
            {"trust", keyTrustName(device.trust)}};
}

QJsonValue textOrNull(const QString &text)
{
    return text.isEmpty() ? QJsonValue(QJsonValue::Null) : QJsonValue(text);
}

QJsonValue timeOrNull(const QDateTime &time)
{
    return time.isValid() ? QJsonValue(time.toUTC().toString(Qt::ISODateWithMs))
                          : QJsonValue(QJsonValue::Null);
}

QJsonValue ruleValue(const std::optional<ContactRule> &rule)
{
    if (!rule)
        return QJsonValue::Null;
    QJsonObject object{{"take", takeName(rule->take)}, {"into", textOrNull(rule->into)}};
    if (rule->take == ContactRule::Take::BelowSize)
        object["below"] = rule->belowBytes;
    return object;
}

template<typename T> QJsonValue valueOrNull(const std::optional<T> &value)
{
    return value ? QJsonValue(*value) : QJsonValue(QJsonValue::Null);
}

QJsonValue secondsOrNull(int seconds)
{
    return seconds > 0 ? QJsonValue(seconds) : QJsonValue(QJsonValue::Null);
}

/// What a NAT does to one transport, by the keys of the contract.
QJsonObject behaviourObject(const TransportInfo &transport)
{
    const bool ranged = transport.highestPort > 0;
    const QJsonArray ports{transport.lowestPort, transport.highestPort};
    const bool allocated = !transport.allocation.isEmpty();
    return {{"passes", valueOrNull(transport.passes)},
            {"mapping", textOrNull(transport.mapping)},
            {"filtering", textOrNull(transport.filtering)},
            {"new_at_other_port", valueOrNull(transport.newAtOtherPort)},
            {"new_at_other_address", valueOrNull(transport.newAtOtherAddress)},
            {"allocation", textOrNull(transport.allocation)},
            {"delta", valueOrNull(transport.delta)},
            {"keeps_parity", valueOrNull(transport.keepsParity)},
            {"ports", ranged ? QJsonValue(ports) : QJsonValue(QJsonValue::Null)},
            {"confidence", allocated ? QJsonValue(transport.confidence) : QJsonValue::Null},
            {"hairpin", valueOrNull(transport.hairpin)},
            {"lifetime_s", secondsOrNull(transport.idleSeconds)},
            {"absolute_lifetime_s", secondsOrNull(transport.absoluteSeconds)}};
}

} // namespace

QJsonObject transferEvent(TransferStep step, const TransferInfo &transfer)
{
    QJsonObject object{{"event", stepName(step)}, {"transfer", transfer.id.toHex()}};
    object["contact"] = transfer.contact;
    switch (step) {
    case TransferStep::Waiting:
    case TransferStep::Resumed: break;
    case TransferStep::Queued: object["place"] = transfer.place; break;
    case TransferStep::Offered: addOffer(object, transfer); break;
    case TransferStep::Accepted: break;
    case TransferStep::Path: addPath(object, transfer.path.value_or(PathInfo{})); break;
    case TransferStep::FirstByte: object["elapsed_ms"] = transfer.firstByteMs; break;
    case TransferStep::Progress:
        object["bytes"] = transfer.bytes;
        object["total"] = transfer.totalBytes;
        object["rate"] = std::round(transfer.rate);
        break;
    case TransferStep::Paused: addPause(object, transfer); break;
    case TransferStep::Text: object["text"] = transfer.text; break;
    case TransferStep::Done: addDone(object, transfer); break;
    case TransferStep::Failed: addFailure(object, problemOf(transfer), transfer.resumable); break;
    }
    return object;
}

QJsonObject searchEvent(const SearchInfo &search)
{
    QJsonArray steps;
    for (const auto &step : search.steps) {
        QJsonObject one{{"ms", step.ms}, {"step", step.name}};
        if (!step.remote.isEmpty())
            one["remote"] = step.remote;
        if (step.number != 0)
            one["number"] = step.number;
        steps.append(one);
    }
    QJsonObject object{
        {"event", "search"},       {"contact", search.contact}, {"by", search.ours ? "us" : "them"},
        {"relay", search.byRelay}, {"purpose", search.purpose}, {"elapsed_ms", search.elapsedMs},
        {"steps", steps}};
    if (!search.plan.isEmpty()) {
        object["own_network"] = search.ownNetwork;
        object["peer_network"] = search.peerNetwork;
        object["plan"] = QJsonArray::fromStringList(search.plan);
        object["odds"] = search.odds;
    }
    if (!search.strategy.isEmpty())
        object["strategy"] = search.strategy;
    if (search.problem)
        object["message"] = search.problem->message;
    return object;
}

QJsonObject offerEvent(const OfferInfo &offer, const TransferInfo &transfer)
{
    auto object = transferEvent(TransferStep::Offered, transfer);
    QJsonArray entries;
    for (const auto &entry : offer.entries)
        entries.append(QJsonObject{{"path", entry.path},
                                   {"kind", entry.kind == EntryKind::Folder ? "folder" : "file"},
                                   {"bytes", entry.bytes}});
    object["device"] = offer.device;
    object["entries"] = entries;
    object["destination"] = offer.destination;
    object["free_bytes"] = offer.freeBytes >= 0 ? QJsonValue(offer.freeBytes) : QJsonValue::Null;
    if (!offer.text.isEmpty())
        object["text"] = offer.text;
    if (offer.problem)
        object["message"] = offer.problem->message;
    return object;
}

QJsonObject failedEvent(const Error &error, const QString &contact)
{
    QJsonObject object{{"event", stepName(TransferStep::Failed)}};
    if (!contact.isEmpty())
        object["contact"] = contact;
    addFailure(object, error, false);
    return object;
}

QJsonObject controlEvent(const QString &command, const QList<TransferId> &transfers)
{
    QJsonArray ids;
    for (const auto &id : transfers)
        ids.append(id.toHex());
    return {{"event", "control"}, {"command", command}, {"ok", true}, {"transfers", ids}};
}

QJsonObject controlRefusedEvent(const Error &error)
{
    return {{"event", "control"}, {"ok", false}, {"message", error.message}};
}

QJsonObject stateObject(const TransferInfo &transfer)
{
    QJsonObject object{{"event", "state"},
                       {"transfer", transfer.id.toHex()},
                       {"contact", transfer.contact},
                       {"state", transferStateName(transfer.state)},
                       {"title", transfer.title},
                       {"bytes", transfer.bytes},
                       {"total", transfer.totalBytes},
                       {"limit", transfer.bytesPerSecond}};
    if (transfer.place >= 0)
        object["place"] = transfer.place;
    return object;
}

QJsonObject historyObject(const HistoryEntry &entry)
{
    return {{"key", entry.key},
            {"transfer", entry.id.toHex()},
            {"direction", entry.direction == Direction::Sending ? "send" : "receive"},
            {"contact", entry.contact},
            {"device", entry.device},
            {"title", entry.title},
            {"text", textOrNull(entry.text)},
            {"files", entry.files},
            {"bytes", entry.bytes},
            {"total", entry.totalBytes},
            {"started", timeOrNull(entry.startedAt)},
            {"ended", timeOrNull(entry.endedAt)},
            {"result", transferStateName(entry.result)},
            {"problem", textOrNull(entry.problem)},
            {"path_kinds", QJsonArray::fromStringList(entry.pathKinds)},
            {"relayed_bytes", entry.relayedBytes},
            {"average_rate", std::round(entry.averageRate)},
            {"location", textOrNull(entry.location)}};
}

QJsonObject queueObject(const QueuedSend &send)
{
    using State = QueuedSend::State;
    static const QHash<State, QString> states{{State::Waiting, QStringLiteral("waiting")},
                                              {State::Paused, QStringLiteral("paused")},
                                              {State::CutOff, QStringLiteral("cut-off")},
                                              {State::Failed, QStringLiteral("failed")}};
    return {{"transfer", send.id.toHex()},
            {"contact", send.contact},
            {"title", send.title},
            {"paths", QJsonArray::fromStringList(send.paths)},
            {"text", textOrNull(send.text)},
            {"state", states.value(send.state)},
            {"place", send.place < 0 ? QJsonValue() : QJsonValue(send.place)},
            {"busy", send.busy},
            {"limit", send.bytesPerSecond},
            {"problem", textOrNull(send.problem)}};
}

QJsonObject historyFileObject(const HistoryFile &file)
{
    return {{"path", file.path},
            {"bytes", file.bytes},
            {"hash", textOrNull(QString::fromLatin1(file.hash.toHex()))}};
}

QString takeName(ContactRule::Take take)
{
    switch (take) {
    case ContactRule::Take::Ask: return QStringLiteral("ask");
    case ContactRule::Take::Always: return QStringLiteral("always");
    case ContactRule::Take::BelowSize: return QStringLiteral("below");
    case ContactRule::Take::Never: return QStringLiteral("never");
    }
    return {};
}

QJsonObject contactObject(const ContactInfo &contact)
{
    QJsonArray devices;
    for (const auto &device : contact.devices)
        devices.append(deviceObject(device));
    return {{"name", contact.name},
            {"state", contactStateName(contact.state)},
            {"trust", keyTrustName(contact.trust())},
            {"online", contact.online()},
            {"receiving", contact.receiving()},
            {"safety_number", textOrNull(contact.safetyNumber)},
            {"rule", ruleValue(contact.rule)},
            {"devices", devices}};
}

QJsonObject peerObject(const ContactInfo &contact, const DeviceInfo &device)
{
    return {{"name", contact.name},          {"own", contact.state == ContactState::OwnDevices},
            {"device", device.name},         {"device_id", device.id.toHex()},
            {"receiving", device.receiving}, {"trust", keyTrustName(device.trust)}};
}

QJsonObject networkObject(const NetworkInfo &network)
{
    auto udp = behaviourObject(network.udp);
    udp["endpoint"] = textOrNull(network.publicUdp);
    udp["reachable"] = network.udpReachable;
    auto tcp = behaviourObject(network.tcp);
    tcp["endpoint"] = textOrNull(network.publicTcp);
    tcp["reachable"] = network.tcpReachable;
    return {{"udp", udp},
            {"tcp", tcp},
            {"public", valueOrNull(network.isPublic)},
            {"depth", valueOrNull(network.depth)},
            {"portmap", textOrNull(network.portmap)},
            {"class", textOrNull(network.natClass)},
            {"summary", textOrNull(network.summary)},
            {"local", QJsonArray::fromStringList(network.localAddresses)},
            {"port", int(network.port)}};
}

QString jsonLine(const QJsonObject &object)
{
    const auto text = QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
    QString line;
    line.reserve(text.size());
    for (const auto character : text.toUcs4()) {
        const auto units = QChar::fromUcs4(character);
        if (!isUnfitForTerminal(character)) {
            line += units;
            continue;
        }
        for (const char16_t unit : units)
            line += QStringLiteral("\\u%1").arg(uint(unit), 4, 16, QLatin1Char('0'));
    }
    return line;
}

Error problemOf(const TransferInfo &transfer)
{
    if (transfer.problem)
        return *transfer.problem;
    switch (transfer.state) {
    case TransferState::Declined:
        return {
            ErrorCode::Declined,
            transfer.direction == Direction::Sending
                ? Cli::tr("%1 declined; ask them before you send it again.").arg(transfer.contact)
                : Cli::tr("You declined what %1 wanted to send; ask them to send it again if "
                          "that was a mistake.")
                      .arg(transfer.contact)};
    case TransferState::Cancelled:
        return {ErrorCode::Cancelled,
                Cli::tr("The transfer was cancelled; start it again if it is still wanted.")};
    default:
        return {ErrorCode::Internal,
                Cli::tr("The transfer failed for an unknown reason; try it again.")};
    }
}

} // namespace postern::cli
