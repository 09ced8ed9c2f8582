#include "app/cli/commands/network_command.h"

#include "app/cli/json_events.h"
#include "app/cli/translation.h"

namespace postern::cli {

namespace {

/// STUN gives up after about 8 s on a silent path, the dial-back somewhat later.
constexpr auto MEASURING_PATIENCE = 30s;

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
    m_patience.start(MEASURING_PATIENCE);
    engine().measureNetwork(this, [this](const Result<NetworkInfo> &network) {
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
    console().print(
        Cli::tr("Addresses of this computer: %1").arg(network.localAddresses.join(u", ")));
    console().print(Cli::tr("Port: %1").arg(network.port));
    console().print(Cli::tr("Seen from outside by TCP: %1; %2")
                        .arg(known(network.publicTcp), reached(network.tcpReachable)));
    console().print(Cli::tr("Seen from outside by UDP: %1; %2")
                        .arg(known(network.publicUdp), reached(network.udpReachable)));
    console().print(Cli::tr("Port mapping: %1").arg(mappingText(network)));
}

} // namespace postern::cli
