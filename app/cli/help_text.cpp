#include "app/cli/help_text.h"

#include "app/cli/translation.h"

namespace postern::cli {

QString generalHelp()
{
    return Cli::tr(
        "Exit codes:\n"
        "  0    done; for a transfer: every file is in place and verified\n"
        "  2    the command line is wrong, or a name is none of your contacts\n"
        "  3    sign-in refused: wrong name or password, a revoked device, another server\n"
        "  4    the contact is offline or takes no files\n"
        "  5    declined or cancelled by the other side, or you are no contacts yet\n"
        "  6    no path between the two computers was found\n"
        "  7    failed, but may be tried again as it is; also when the server can't be reached\n"
        "  8    a file, folder, disk or keychain of this computer stands in the way\n"
        "  130  interrupted with Ctrl+C\n"
        "Every error is one sentence on standard error that says what to do.\n"
        "\n"
        "A password comes from --password-file or from a prompt, never from the command line.\n"
        "With --json, commands print one JSON object a line; see the help of each.");
}

QString transferHelp()
{
    return Cli::tr(
        "A transfer that was cut off (exit code 7, a crash, a kill) is not lost: run the same "
        "send\n"
        "again, or receive again, and it goes on from what has arrived.\n"
        "\n"
        "With --json, one object a line, each with \"event\" and \"transfer\" (its number):\n"
        "  offered   contact, direction (send|receive), title, files, bytes\n"
        "  accepted\n"
        "  path      kind (lan|tcp|udp|relay), strategy, local, remote, elapsed_ms,\n"
        "            explanation (a sentence)\n"
        "  progress  bytes, total, rate (bytes a second); at most five a second\n"
        "  done      status (verified), bytes, files, elapsed_ms, and where there are any: notes;\n"
        "            receive: location\n"
        "  failed    reason (a fixed word), message (a sentence), resumable");
}

QString contactsHelp()
{
    return Cli::tr(
        "With --json, list prints one object a contact: name, state (accepted,\n"
        "asked-by-us, asks-us, blocked, own-devices), trust (first-seen, verified, new,\n"
        "changed), online, receiving, safety_number, and devices, a list of objects\n"
        "with id, name, online, receiving, trust.");
}

QString peersHelp()
{
    return Cli::tr("With --json, one object for each device that is online: name, own (a device\n"
                   "of yours), device, device_id, receiving (takes files), trust.");
}

QString networkHelp()
{
    return Cli::tr(
        "Takes some seconds. How long mappings live is measured in the background while the\n"
        "program runs, and remembered for each network; --thorough waits for it, some minutes.\n"
        "With --json, one object: udp and tcp, each with passes, mapping and filtering\n"
        "(endpoint-independent, address-dependent, address-and-port-dependent),\n"
        "new_at_other_port and new_at_other_address (whether a mapping is), allocation\n"
        "(preserve, sequential, random, block), delta, keeps_parity, ports ([lowest, highest]),\n"
        "confidence (per cent, in the allocation), hairpin, lifetime_s, absolute_lifetime_s,\n"
        "endpoint (as seen from outside), reachable; public, depth (NATs), portmap (upnp,\n"
        "nat-pmp, pcp, none), class (public, full cone, restricted cone, port restricted cone,\n"
        "symmetric, blocked), summary (a sentence), local (addresses), port.\n"
        "What is not known is null.");
}

QString limitHelp() { return Cli::tr("at most so many bytes a second: 500K, 2M, 1.5MiB"); }

} // namespace postern::cli
