#include "app/cli/commands/network_command.h"

#include "app/cli/json_events.h"
#include "app/cli/translation.h"

namespace postern::cli {

namespace {

/// The dial-back takes longest of what is quick; the lifetimes are measured in three rounds of
/// up to five minutes.
constexpr auto QUICK_PATIENCE = 30s;
constexpr auto THOROUGH_PATIENCE = 20min;

QString mappingWords(const TransportInfo &transport)
{
    if (transport.mapping == u"endpoint-independent")
        return Cli::tr("one port for all destinations");
    if (transport.mapping == u"address-dependent")
        return Cli::tr("a new port for each address");
    if (transport.mapping == u"address-and-port-dependent")
        return Cli::tr("a new port for each address and port");
    return Cli::tr("not known how ports depend on the destination");
}

QString filteringWords(const TransportInfo &transport)
{
    if (transport.filtering == u"endpoint-independent")
        return Cli::tr("anyone can answer");
    if (transport.filtering == u"address-dependent")
        return Cli::tr("only addresses that were sent to can answer");
    if (transport.filtering == u"address-and-port-dependent")
        return Cli::tr("only an address and port that was sent to can answer");
    return Cli::tr("not known who can answer");
}

QString allocationWords(const TransportInfo &transport)
{
    if (transport.allocation == u"preserve")
        return Cli::tr("keeps the port number");
    if (transport.allocation == u"sequential")
        return Cli::tr("counts by %1").arg(transport.delta.value_or(0));
    if (transport.allocation.isEmpty())
        return Cli::tr("not known how ports are chosen");
    return Cli::tr("chooses at random from %1 to %2")
        .arg(transport.lowestPort)
        .arg(transport.highestPort);
}

QString mappingText(const NetworkInfo &network)
{
    if (network.portmap.isEmpty() || network.portmap == QLatin1String("none"))
        return Cli::tr("none; switching UPnP on in the router may make direct paths easier");
    const QString reached = network.mappedTcp.isEmpty() ? network.mappedUdp : network.mappedTcp;
    return reached.isEmpty()
        ? Cli::tr("%1, but the server can't reach it: another router stands before yours")
              .arg(network.portmap)
        : Cli::tr("%1; the server can reach %2").arg(network.portmap, reached);
}

} // namespace

NetworkCommand::NetworkCommand(Engine &engine, Console &console, NetworkArguments arguments)
    : Command(engine, console)
    , m_arguments(arguments)
{
    m_patience.setSingleShot(true);
    connect(&m_patience, &QTimer::timeout, this, [this] {
        fail({ErrorCode::Timeout, Cli::tr("Measuring the network took too long; try it again.")},
             Stage::Session);
    });
}

void NetworkCommand::start()
{
    connectThen([this] { measure(); });
}

void NetworkCommand::measure()
{
    m_patience.start(m_arguments.thorough ? THOROUGH_PATIENCE : QUICK_PATIENCE);
    const auto measurement =
        m_arguments.thorough ? NetworkMeasurement::Thorough : NetworkMeasurement::Quick;
    engine().measureNetwork(measurement, this, [this](const Result<NetworkInfo> &network) {
        m_patience.stop();
        if (!network) {
            fail(network.error(), Stage::Session);
            return;
        }
        show(*network);
        finish(ExitCode::Done);
    });
}

void NetworkCommand::show(const NetworkInfo &network)
{
    if (m_arguments.json) {
        console().print(jsonLine(networkObject(network)));
        return;
    }
    const auto known = [](const QString &text) {
        return text.isEmpty() ? Cli::tr("not known; nothing came through") : text;
    };
    const auto reached = [](bool reachable) {
        return reachable ? Cli::tr("the server can reach it")
                         : Cli::tr("the server can't reach it");
    };
    if (!network.summary.isEmpty())
        console().print(network.summary);
    console().print(
        Cli::tr("Addresses of this computer: %1").arg(network.localAddresses.join(u", ")));
    console().print(Cli::tr("Port: %1").arg(network.port));
    console().print(Cli::tr("Seen from outside by TCP: %1; %2")
                        .arg(known(network.publicTcp), reached(network.tcpReachable)));
    console().print(Cli::tr("Seen from outside by UDP: %1; %2")
                        .arg(known(network.publicUdp), reached(network.udpReachable)));
    console().print(Cli::tr("Port mapping: %1").arg(mappingText(network)));
    showRouter(network);
}

void NetworkCommand::showRouter(const NetworkInfo &network)
{
    if (!network.natClass.isEmpty())
        console().print(Cli::tr("Kind of network: %1").arg(network.natClass));
    if (network.depth)
        console().print(
            Cli::tr("Routers that change addresses on the way: %1").arg(*network.depth));
    const auto show = [this](const QString &name, const TransportInfo &transport) {
        if (!transport.mapping.isEmpty() || !transport.allocation.isEmpty())
            console().print(QStringLiteral("%1: %2").arg(name,
                                                         QStringList{mappingWords(transport),
                                                                     filteringWords(transport),
                                                                     allocationWords(transport)}
                                                             .join(QStringLiteral("; "))));
    };
    show(Cli::tr("UDP"), network.udp);
    if (network.udp.idleSeconds > 0)
        console().print(
            Cli::tr("An unused UDP port stays open for %1 seconds.").arg(network.udp.idleSeconds));
    show(Cli::tr("TCP"), network.tcp);
}

} // namespace postern::cli
