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
    case TransferStep::Offered: return QStringLiteral("offered");
    case TransferStep::Accepted: return QStringLiteral("accepted");
    case TransferStep::Path: return QStringLiteral("path");
    case TransferStep::Progress: return QStringLiteral("progress");
    case TransferStep::Done: return QStringLiteral("done");
    case TransferStep::Failed: return QStringLiteral("failed");
    }
    return {};
}

void addOffer(QJsonObject &object, const TransferInfo &transfer)
{
    object["contact"] = transfer.contact;
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

void addDone(QJsonObject &object, const TransferInfo &transfer)
{
    object["status"] = "verified";
    object["bytes"] = transfer.totalBytes;
    object["files"] = transfer.files;
    object["elapsed_ms"] = transfer.elapsedMs;
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
    switch (step) {
    case TransferStep::Offered: addOffer(object, transfer); break;
    case TransferStep::Accepted: break;
    case TransferStep::Path: addPath(object, transfer.path.value_or(PathInfo{})); break;
    case TransferStep::Progress:
        object["bytes"] = transfer.bytes;
        object["total"] = transfer.totalBytes;
        object["rate"] = std::round(transfer.rate);
        break;
    case TransferStep::Done: addDone(object, transfer); break;
    case TransferStep::Failed: addFailure(object, problemOf(transfer), transfer.resumable); break;
    }
    return object;
}

QJsonObject failedEvent(const Error &error)
{
    QJsonObject object{{"event", stepName(TransferStep::Failed)}};
    addFailure(object, error, false);
    return object;
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
