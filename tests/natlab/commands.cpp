#include "tests/natlab/commands.h"

#include <QJsonArray>
#include <QJsonDocument>

namespace postern::natlab {

using namespace packetnet;
using namespace simnet;

namespace {

Error refusal(const QString &why) { return {ErrorCode::InvalidArgument, why}; }

/// A word of a field, or the first one where the field is absent.
template<typename T>
Result<T> choice(const QJsonObject &object, const char *field,
                 std::initializer_list<std::pair<const char *, T>> words)
{
    const QString word = object[QLatin1String(field)].toString(QLatin1String(words.begin()->first));
    for (const auto &[name, value] : words)
        if (word == QLatin1String(name))
            return value;
    return refusal(QStringLiteral("%1 can't be \"%2\"").arg(QLatin1String(field), word));
}

Duration milliseconds(const QJsonValue &value, Duration otherwise)
{
    if (!value.isDouble())
        return otherwise;
    return std::chrono::duration_cast<Duration>(
        std::chrono::duration<double, std::milli>(value.toDouble()));
}

Result<NatProfile> profileOf(const QJsonObject &object)
{
    const auto mapping = choice<Mapping>(object, "mapping",
                                         {{"EIM", Mapping::EndpointIndependent},
                                          {"ADM", Mapping::AddressDependent},
                                          {"APDM", Mapping::AddressAndPortDependent}});
    const auto filtering = choice<Filtering>(object, "filtering",
                                             {{"APDF", Filtering::AddressAndPortDependent},
                                              {"ADF", Filtering::AddressDependent},
                                              {"EIF", Filtering::EndpointIndependent}});
    const auto allocation = choice<Allocation>(object, "allocation",
                                               {{"preserve", Allocation::Preserve},
                                                {"sequential", Allocation::Sequential},
                                                {"random", Allocation::Random},
                                                {"block", Allocation::Block}});
    if (!mapping)
        return mapping.error();
    if (!filtering)
        return filtering.error();
    if (!allocation)
        return allocation.error();
    NatProfile profile{.mapping = *mapping, .filtering = *filtering, .allocation = *allocation};
    profile.hairpin = object[u"hairpin"].toBool();
    profile.poisonedByStrangers = object[u"poisoned_by_strangers"].toBool();
    profile.idleTimeout = milliseconds(object[u"idle_ms"], profile.idleTimeout);
    profile.absoluteTimeout = milliseconds(object[u"absolute_ms"], profile.absoluteTimeout);
    profile.delta = object[u"delta"].toInt(profile.delta);
    profile.blockSize = object[u"block_size"].toInt(profile.blockSize);
    profile.keepsParity = object[u"keeps_parity"].toBool();
    profile.foreignPerSecond = object[u"foreign_per_second"].toDouble();
    profile.tableSize = std::size_t(object[u"table_size"].toInt(int(profile.tableSize)));
    return profile;
}

Result<NatSettings> settingsOf(const QJsonObject &command)
{
    const auto udp = profileOf(command[u"udp"].toObject());
    const auto tcp = profileOf(command[command.contains(u"tcp") ? u"tcp" : u"udp"].toObject());
    const auto refused = choice<Refusal>(
        command, "refusal",
        {{"silence", Refusal::Silence}, {"icmp", Refusal::IcmpError}, {"reset", Refusal::Reset}});
    if (!udp)
        return udp.error();
    if (!tcp)
        return tcp.error();
    if (!refused)
        return refused.error();
    NatSettings settings{.udp = *udp, .tcp = *tcp, .refusal = *refused};
    settings.tcp.idleTimeout = 2h; // RFC 5382 REQ-5, near enough
    settings.passesUdp = command[u"passes_udp"].toBool(true);
    settings.passesTcp = command[u"passes_tcp"].toBool(true);
    return settings;
}

Result<IpAddress> addressOf(const QJsonObject &command, const char *field)
{
    auto address = IpAddress::parse(command[QLatin1String(field)].toString());
    if (address && !address->isV4())
        return refusal(QStringLiteral("%1 must be an IPv4 address").arg(QLatin1String(field)));
    return address;
}

std::string nameOf(const QJsonObject &command, const char *field)
{
    return command[QLatin1String(field)].toString().toStdString();
}

Result<QJsonObject> done(bool worked, const char *why)
{
    if (!worked)
        return refusal(QLatin1String(why));
    return QJsonObject{};
}

} // namespace

QByteArray Commands::obey(const QByteArray &line)
{
    auto answer = act(QJsonDocument::fromJson(line).object());
    QJsonObject object = answer ? *answer : QJsonObject{{"why", answer.error().message}};
    object[u"ok"] = answer.ok();
    return QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n';
}

Result<QJsonObject> Commands::act(const QJsonObject &command)
{
    const QString what = command[u"do"].toString();
    if (what == u"nat")
        return addNat(command);
    if (what == u"link")
        return addLink(command);
    if (what == u"path")
        return setPath(command);
    if (what == u"forget")
        return forget(command);
    if (what == u"datagrams")
        return countDatagrams();
    return refusal(QStringLiteral("\"do\" can't be \"%1\"").arg(what));
}

Result<QJsonObject> Commands::addNat(const QJsonObject &command)
{
    const auto outer = addressOf(command, "outer");
    const auto gateway = addressOf(command, "gateway");
    const auto settings = settingsOf(command);
    if (!outer)
        return outer.error();
    if (!gateway)
        return gateway.error();
    if (!settings)
        return settings.error();
    return done(m_net.addNat(nameOf(command, "name"), nameOf(command, "outside"), *outer, *gateway,
                             *settings),
                "that network has a NAT, or the address is taken");
}

Result<QJsonObject> Commands::addLink(const QJsonObject &command)
{
    std::vector<IpAddress> addresses;
    for (const auto &text : command[u"addresses"].toArray()) {
        const auto address = IpAddress::parse(text.toString());
        if (!address || !address->isV4())
            return refusal(QStringLiteral("addresses must be IPv4"));
        addresses.push_back(*address);
    }
    auto device = TunDevice::attach(command[u"netns"].toString(), command[u"device"].toString());
    if (!device)
        return device.error();
    const auto link = int(m_devices.size());
    if (!m_net.addLink(link, nameOf(command, "network"), addresses, command[u"uplink"].toBool()))
        return refusal(QStringLiteral("an address is taken"));
    m_devices.emplace(link, std::move(*device));
    return QJsonObject{};
}

Result<QJsonObject> Commands::setPath(const QJsonObject &command)
{
    Path path;
    path.delay = milliseconds(command[u"delay_ms"], path.delay);
    path.queue = milliseconds(command[u"queue_ms"], path.queue);
    path.loss = command[u"loss"].toDouble();
    path.bitsPerSecond = command[u"mbit"].toDouble() * 1e6;
    const auto network = nameOf(command, "network");
    path.hops = command[u"hops"].toInt(network == PacketNet::INTERNET ? 1 : 0);
    return done(m_net.setPath(network, path), "there is no network of that name");
}

Result<QJsonObject> Commands::forget(const QJsonObject &command)
{
    const auto protocol = choice<packetnet::Protocol>(
        command, "protocol",
        {{"udp", packetnet::Protocol::Udp}, {"tcp", packetnet::Protocol::Tcp}});
    if (!protocol)
        return protocol.error();
    return done(m_net.forgetMappings(nameOf(command, "nat"), *protocol),
                "there is no NAT of that name");
}

Result<QJsonObject> Commands::countDatagrams() const
{
    QJsonArray flows;
    for (const auto &[ends, count] : m_net.datagrams())
        flows.append(QJsonArray{ends.first.toString(), ends.second.toString(), double(count)});
    return QJsonObject{{"flows", flows}};
}

} // namespace postern::natlab
