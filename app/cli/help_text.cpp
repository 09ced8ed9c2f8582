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
        "To several contacts: a transfer each; the highest of their exit codes is the command's.\n"
        "A text (or a link) has at most 32 KiB. What a received one says is printed.\n"
        "Where receive asks on a terminal, parts of an offer can be left out by their numbers, "
        "and\n"
        "another folder chosen. On a terminal p pauses, r resumes and c cancels what runs.\n"
        "\n"
        "With --json, one object a line, each with \"event\", \"transfer\" (its number) and\n"
        "\"contact\":\n"
        "  waiting   the contact is offline (send --wait)\n"
        "  queued    place: so many others to the same contact go first\n"
        "  offered   direction (send|receive), title, files, bytes; where receive asks, also:\n"
        "            device, entries (a list of objects: path, kind (file|folder), bytes),\n"
        "            destination, free_bytes, text (it is one), message (why it can't be taken)\n"
        "  accepted\n"
        "  search    without transfer; a search for a path to the contact has ended: by "
        "(us|them),\n"
        "            relay (it was for a path by relay), purpose (begin|repair|upgrade), strategy "
        "(of\n"
        "            the path found) or message (why there is none), elapsed_ms; once both "
        "networks\n"
        "            were known: own_network, peer_network, plan (a list of ways), odds (0 to 1);\n"
        "            steps (a list of objects: ms, step (a fixed word), remote, number)\n"
        "  path      kind (lan|tcp|udp|relay), strategy, local, remote, elapsed_ms,\n"
        "            explanation (a sentence)\n"
        "  first-byte  elapsed_ms: from accepted to the first content that came; send: from the "
        "wish\n"
        "            to send, once signed in, to the first that left\n"
        "  progress  bytes, total, rate (bytes a second); at most five a second\n"
        "  paused    by (us|them|trouble), message (what is the trouble); with trouble it goes on\n"
        "            by itself once that is cured\n"
        "  resumed\n"
        "  text      text: what a received text says; done follows\n"
        "  done      status (verified), bytes, files, elapsed_ms, relayed_bytes, path_kinds (a\n"
        "            list), and where there are any: notes; receive: location\n"
        "  failed    reason (a fixed word), message (a sentence), resumable; without transfer\n"
        "            where it never came to one\n");
}

QString controlHelp()
{
    return Cli::tr(
        "\n"
        "With --control, each line of standard input is a command; its end ends only the "
        "control:\n"
        "  pause [ID]          resume [ID]         cancel [ID]         retry [ID]\n"
        "  move ID PLACE       among those that wait for the same contact; 0 is the first\n"
        "  limit [ID] RATE     of each transfer; up RATE, down RATE: of all together; or off\n"
        "  accept ID [into FOLDER] [without PATTERN...]    decline ID    of an offer\n"
        "  list                help\n"
        "ID is a transfer's number or its first digits; without one, all are meant. A name with\n"
        "spaces stands in double quotes; a PATTERN may have * and ?, and is matched with paths\n"
        "and names.\n"
        "With --json a line is answered by {\"event\":\"control\", ok, and command and transfers "
        "(a\n"
        "list), or message}; list prints before that, for each transfer, {\"event\":\"state\", "
        "transfer,\n"
        "contact, state, title, bytes, total, limit, place (if it waits)}.");
}

QString contactsHelp()
{
    return Cli::tr(
        "With --json, list prints one object a contact: name, state (accepted,\n"
        "asked-by-us, asks-us, blocked, own-devices), trust (first-seen, verified, new,\n"
        "changed), online, receiving, safety_number, rule (null, or take (ask, always, below,\n"
        "never), below (bytes) and into (a folder, or null)), and devices, a list of objects\n"
        "with id, name, online, receiving, trust.");
}

QString ruleHelp()
{
    return Cli::tr(
        "What is not given stays as it was; with no option at all the rule is shown. It is kept\n"
        "in the profile and goes before what \"receive --accept\" says.\n"
        "  postern-cli contacts rule bo --take always --into ~/from-bo\n"
        "  postern-cli contacts rule bo --below 20M");
}

QString historyHelp()
{
    return Cli::tr(
        "Without files, export or clear: the newest entries, each with its key first.\n"
        "With --json, one object an entry: key, transfer, direction (send|receive), contact,\n"
        "device, title, text (or null), files, bytes (that arrived), total, started, ended,\n"
        "result (delivered, declined, cancelled, failed), problem (a sentence, or null),\n"
        "path_kinds, relayed_bytes, average_rate, location. With files: path, bytes, hash\n"
        "(as \"postern-cli hash\" prints it, or null where it is not known).");
}

QString queueHelp()
{
    return Cli::tr(
        "The queue is what the profile remembers to be sent: what waits for its contact (send\n"
        "--wait), what was cut off, what failed. The desktop app sends the first two by itself;\n"
        "\"queue retry\" sends one now. While another Postern of this profile works on one it can\n"
        "be listed only. ID is its number, or its first digits; of one that failed also that of\n"
        "the history.\n"
        "With --json, list prints one object for each: transfer, contact, title, paths (a list),\n"
        "text (or null), state (waiting, paused, cut-off, failed), place (from 0, among those to\n"
        "the same contact; or null), busy (another Postern has it), limit (bytes a second; 0:\n"
        "none), problem (a sentence, or null). retry prints what send prints.");
}

QString hashHelp()
{
    return Cli::tr("Each block of 256 KiB has its XXH3-128, and so has the file: the first "
                   "block's; then, with\n"
                   "every other block, the XXH3-128 of the hash so far and that of the block. Of a "
                   "file of one\n"
                   "block it is what \"xxhsum -H128\" prints. It finds damage, not forgery.\n"
                   "With --json, one object a file: path, hash.");
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
