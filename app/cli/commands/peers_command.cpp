#include "app/cli/commands/peers_command.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

namespace postern::cli {

PeersCommand::PeersCommand(Engine &engine, Console &console, PeersArguments arguments)
    : Command(engine, console)
    , m_arguments(arguments)
{
}

void PeersCommand::start()
{
    connectThen([this] { list(); });
}

void PeersCommand::list()
{
    const auto self = engine().session().device;
    int shown = 0;
    for (const auto &contact : engine().contacts()) {
        for (const auto &device : contact.devices) {
            if (!device.online || device.id == self)
                continue;
            ++shown;
            if (m_arguments.json) {
                console().print(jsonLine(peerObject(contact, device)));
                continue;
            }
            const auto pattern =
                device.receiving ? Cli::tr("%1 (%2): takes files") : Cli::tr("%1 (%2): online");
            console().print(pattern.arg(plainText(contact.name), plainText(device.name)));
        }
    }
    if (shown == 0 && !m_arguments.json)
        console().print(Cli::tr("Nobody is online now."));
    finish(ExitCode::Done);
}

} // namespace postern::cli
