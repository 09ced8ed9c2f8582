#include "app/cli/grammar.h"

#include "app/cli/help_text.h"
#include "app/cli/translation.h"

#include <limits>
#include <map>

namespace postern::cli {

namespace {

std::string utf8(const QString &text) { return text.toStdString(); }

const std::map<std::string, SecretsMode> SECRETS{{"keychain", SecretsMode::Keychain},
                                                 {"file", SecretsMode::File}};
const std::map<std::string, Congestion> CONGESTION{{"bbr", Congestion::Bbr},
                                                   {"cubic", Congestion::Cubic}};
const std::map<std::string, AcceptPolicy> POLICIES{
    {"contacts", AcceptPolicy::Contacts}, {"ask", AcceptPolicy::Ask}, {"none", AcceptPolicy::None}};
const std::map<std::string, PathPreference> PATHS{{"auto", PathPreference::Auto},
                                                  {"lan", PathPreference::Lan},
                                                  {"tcp", PathPreference::Tcp},
                                                  {"udp", PathPreference::Udp},
                                                  {"relay", PathPreference::Relay}};

const std::map<std::string, ContactRule::Take> TAKES{{"ask", ContactRule::Take::Ask},
                                                     {"always", ContactRule::Take::Always},
                                                     {"never", ContactRule::Take::Never},
                                                     {"below", ContactRule::Take::BelowSize}};

/// An option whose value is one of a few words. The words are its type name, so help and
/// completion show them.
template<typename Value, typename T>
CLI::Option *addChoice(CLI::App &app, const std::string &name, Value &value,
                       const std::map<std::string, T> &choices, const QString &description)
{
    std::string words;
    for (const auto &[word, meaning] : choices)
        words += (words.empty() ? "" : "|") + word;
    return app
        .add_option_function<std::string>(
            name, [&value, &choices](const std::string &word) { value = choices.at(word); },
            utf8(description))
        ->check(CLI::IsMember(choices).description(""))
        ->type_name(words);
}

} // namespace

Grammar::Grammar()
    : app(utf8(Cli::tr("Sends files from one person's computer to another's, directly.")),
          "postern-cli")
{
    app.require_subcommand(1);
    app.fallthrough();
    app.set_version_flag("--version", "postern-cli " POSTERN_VERSION);
    app.footer(utf8(generalHelp()));
    app.failure_message([](const CLI::App *, const CLI::Error &) { return std::string(); });
    addGlobalOptions();
    addAccountCommands();
    addContactCommands();
    addReceive();
    addSend();
    addQueue();
    addHistory();
    addInformationCommands();
}

CLI::App *Grammar::add(CLI::App &parent, const char *name, const QString &description)
{
    auto *command = parent.add_subcommand(name, utf8(description));
    command->fallthrough();
    return command;
}

void Grammar::addGlobalOptions()
{
    app.add_option("--profile", parsed.profile,
                   utf8(Cli::tr("folder of the account and its keys; else the desktop app's")))
        ->type_name("DIR");
    addChoice(app, "--secrets", parsed.secrets, SECRETS,
              Cli::tr("where the device key is kept; a file is readable by you only"));
    app.add_option("--port", parsed.port,
                   utf8(Cli::tr("TCP and UDP port for direct connections; a free one if taken")))
        ->type_name("PORT");
    addChoice(app, "--congestion", parsed.congestion, CONGESTION,
              Cli::tr("what sets the pace of sending by UDP and by relay"));
    app.add_flag("--no-portmap", parsed.noPortmap,
                 utf8(Cli::tr("don't ask the router to pass that port on (UPnP, NAT-PMP, PCP)")));
}

void Grammar::addAccountOptions(CLI::App &command)
{
    command
        .add_option("--server", parsed.server,
                    utf8(Cli::tr("HOST:PORT, or HOST:PORT#sha256:... as the server printed it")))
        ->required()
        ->type_name("ADDRESS");
    command.add_option("--user", parsed.user, utf8(Cli::tr("the account's name")))
        ->required()
        ->type_name("NAME");
    command
        .add_option("--password-file", parsed.passwordFile,
                    utf8(Cli::tr("its first line is the password; else you are asked")))
        ->type_name("FILE");
    command
        .add_option("--device-name", parsed.deviceName,
                    utf8(Cli::tr("what your contacts see; else this computer's name")))
        ->type_name("NAME");
}

void Grammar::addAccountCommands()
{
    auto *registration = add(app, "register", Cli::tr("make an account and sign this device in"));
    addAccountOptions(*registration);
    registration
        ->add_option("--invite", parsed.invite,
                     utf8(Cli::tr("the invitation, where the server asks for one")))
        ->type_name("CODE");
    auto *signIn = add(app, "sign-in", Cli::tr("add this device to an account you have"));
    addAccountOptions(*signIn);
}

void Grammar::addJson(CLI::App &command)
{
    command.add_flag("--json", parsed.json, utf8(Cli::tr("print JSON, one object a line")));
}

void Grammar::addContactCommands()
{
    auto *contacts = add(app, "contacts", Cli::tr("the people you send to and receive from"));
    contacts->require_subcommand(1);
    contacts->footer(utf8(contactsHelp()));
    const auto withName = [&](const char *name, const QString &description) {
        auto *command = add(*contacts, name, description);
        command->add_option("name", parsed.contact, utf8(Cli::tr("the contact")))
            ->required()
            ->type_name("NAME");
        return command;
    };
    withName("add", Cli::tr("ask somebody to be your contact"));
    withName("accept", Cli::tr("say yes to somebody who asks you"));
    withName("remove", Cli::tr("end a contact, or refuse one who asks"));
    auto *verify =
        withName("verify", Cli::tr("compare the safety number; trusts a changed key again"));
    verify->add_flag("--yes", parsed.yes, utf8(Cli::tr("the numbers are the same; don't ask")));
    addRuleOptions(*withName("rule", Cli::tr("what is done with all that a contact sends")));
    auto *list = add(*contacts, "list", Cli::tr("all contacts, with what is known of them"));
    list->footer(utf8(contactsHelp()));
    addJson(*list);
}

void Grammar::addRuleOptions(CLI::App &rule)
{
    addChoice(rule, "--take", parsed.take, TAKES,
              Cli::tr("take it always, never, below a size, or ask"));
    rule.add_option("--below", parsed.below,
                    utf8(Cli::tr("take what is no larger, ask about the rest: 500K, 20M, 1.5GiB")))
        ->type_name("SIZE");
    rule.add_option("--into", parsed.into, utf8(Cli::tr("folder that it lands in")))
        ->type_name("DIR");
    rule.add_flag("--clear", parsed.clear, utf8(Cli::tr("no rule any more")));
    rule.footer(utf8(ruleHelp()));
}

void Grammar::addRunOptions(CLI::App &command)
{
    command
        .add_option("--limit-up", parsed.limitUp,
                    utf8(Cli::tr("all sending together: %1").arg(limitHelp())))
        ->type_name("RATE");
    command.add_flag("--yield", parsed.yields,
                     utf8(Cli::tr("leave room for others on the line: slow down when it fills")));
    command.add_flag("--control", parsed.control,
                     utf8(Cli::tr("take commands on standard input, one a line; see below")));
    addJson(command);
    command.footer(utf8(transferHelp() + controlHelp()));
}

void Grammar::addReceive()
{
    auto *receive = add(app, "receive", Cli::tr("take files until Ctrl+C"));
    receive->add_option("--into", parsed.into, utf8(Cli::tr("folder that the files land in")))
        ->required()
        ->type_name("DIR");
    addChoice(*receive, "--accept", parsed.accept, POLICIES,
              Cli::tr("whose files are taken: every contact's, those you agree to (default), or "
                      "none; a contact's rule goes first"));
    receive
        ->add_option("--count", parsed.count,
                     utf8(Cli::tr("end after so many transfers, with the last failure's code")))
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->type_name("N");
    receive
        ->add_option("--limit-down", parsed.limitDown,
                     utf8(Cli::tr("all receiving together: %1").arg(limitHelp())))
        ->type_name("RATE");
    addRunOptions(*receive);
}

void Grammar::addSend()
{
    auto *send = add(app, "send", Cli::tr("send files, folders or a text to contacts"));
    send->add_option("path", parsed.paths, utf8(Cli::tr("files and folders")))->type_name("PATH");
    send->add_option("--text", parsed.text, utf8(Cli::tr("a text or a link instead of files")))
        ->type_name("TEXT");
    send->add_option("--text-file", parsed.textFile,
                     utf8(Cli::tr("the text is in this file; - reads standard input")))
        ->type_name("FILE");
    send->add_option("--to", parsed.recipients,
                     utf8(Cli::tr("the contact, or your own name; again for several at once")))
        ->allow_extra_args(false)
        ->type_name("NAME");
    send->add_option("--device", parsed.device,
                     utf8(Cli::tr("only that device of the contact, by name or id; without --to, "
                                  "one of your own")))
        ->type_name("DEVICE");
    send->add_flag("--wait", parsed.wait,
                   utf8(Cli::tr("wait for a contact who is offline, as long as it takes")));
    addChoice(*send, "--path", parsed.path, PATHS, Cli::tr("only this kind of path"));
    send->add_option("--limit", parsed.limit, utf8(Cli::tr("each transfer: %1").arg(limitHelp())))
        ->type_name("RATE");
    addRunOptions(*send);
}

void Grammar::addQueue()
{
    auto *queue = add(app, "queue", Cli::tr("what waits to be sent, was cut off or failed"));
    queue->require_subcommand(1);
    queue->footer(utf8(queueHelp()));
    const auto withNumber = [&](const char *name, const QString &description) {
        auto *command = add(*queue, name, description);
        command->add_option("id", parsed.number, utf8(Cli::tr("which one")))
            ->required()
            ->type_name("ID");
        command->footer(utf8(queueHelp()));
        return command;
    };
    auto *list = add(*queue, "list", Cli::tr("all of it"));
    list->footer(utf8(queueHelp()));
    addJson(*list);
    withNumber("move", Cli::tr("to another place among those to the same contact"))
        ->add_option("place", parsed.place, utf8(Cli::tr("0 is the first")))
        ->required()
        ->check(CLI::Range(0, 1'000'000).description(""))
        ->type_name("PLACE");
    withNumber("cancel", Cli::tr("not to be sent any more"));
    auto *retry = withNumber("retry", Cli::tr("send it now"));
    retry->add_flag("--wait", parsed.wait,
                    utf8(Cli::tr("wait for a contact who is offline, as long as it takes")));
    addRunOptions(*retry);
}

void Grammar::addHistory()
{
    auto *history = add(app, "history", Cli::tr("what was sent and received"));
    history->require_subcommand(0, 1);
    history->footer(utf8(historyHelp()));
    history
        ->add_option("--search", parsed.search,
                     utf8(Cli::tr("all these words: in contacts, titles, texts, names of files")))
        ->type_name("WORDS");
    history->add_option("--last", parsed.last, utf8(Cli::tr("at most so many (20)")))
        ->check(CLI::Range(1, 100'000).description(""))
        ->type_name("N");
    const auto isKey = CLI::Range(qint64(1), std::numeric_limits<qint64>::max()).description("");
    history->add_option("--before", parsed.before, utf8(Cli::tr("older than the entry KEY")))
        ->check(isKey)
        ->type_name("KEY");
    addJson(*history);
    auto *files = add(*history, "files", Cli::tr("the files of one entry, with their hashes"));
    files->add_option("key", parsed.key, utf8(Cli::tr("the entry")))
        ->required()
        ->check(isKey)
        ->type_name("KEY");
    addJson(*files);
    auto *exported =
        add(*history, "export", Cli::tr("write all of it into a new file, .csv or JSON lines"));
    exported->add_option("file", parsed.file, utf8(Cli::tr("the file")))
        ->required()
        ->type_name("FILE");
    auto *clear =
        add(*history, "clear", Cli::tr("forget one entry or all; no sent or received file goes"));
    clear->add_option("key", parsed.key, utf8(Cli::tr("the entry")))
        ->check(isKey)
        ->type_name("KEY");
    clear->add_flag("--all", parsed.all, utf8(Cli::tr("every entry")));
}

void Grammar::addInformationCommands()
{
    auto *peers = add(app, "peers", Cli::tr("the devices of your contacts that are online"));
    addJson(*peers);
    peers->footer(utf8(peersHelp()));
    auto *hash = add(app, "hash", Cli::tr("the hash that the history tells of a file"));
    hash->add_option("file", parsed.paths, utf8(Cli::tr("files on this disk")))
        ->required()
        ->type_name("FILE");
    addJson(*hash);
    hash->footer(utf8(hashHelp()));
    auto *network = add(app, "network", Cli::tr("what is known of the network you are in"));
    addJson(*network);
    network->add_flag("--thorough", parsed.thorough,
                      utf8(Cli::tr("measure what takes minutes, too")));
    network->footer(utf8(networkHelp()));
    auto *completion = add(app, "completion", Cli::tr("print a completion script for a shell"));
    completion->add_option("shell", parsed.shell, utf8(Cli::tr("which shell")))
        ->required()
        ->check(CLI::IsMember({"bash", "zsh", "fish"}).description(""))
        ->type_name("bash|zsh|fish");
}

} // namespace postern::cli
