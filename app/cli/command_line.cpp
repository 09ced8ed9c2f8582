#include "app/cli/command_line.h"

#include "app/cli/byte_rate.h"
#include "app/cli/completion.h"
#include "app/cli/help_text.h"
#include "app/cli/translation.h"

#include <CLI/CLI.hpp>
#include <QStandardPaths>

#include <map>

namespace postern::cli {

namespace {

std::string utf8(const QString &text) { return text.toStdString(); }

/// The parser writes here; every text is UTF-8.
struct Parsed {
    std::string profile;
    SecretsMode secrets = SecretsMode::Keychain;
    quint16 port = EngineOptions{}.port;
    bool noPortmap = false;
    std::string deviceName;
    std::string server;
    std::string user;
    std::string passwordFile;
    std::string invite;
    std::string contact;
    std::string into;
    AcceptPolicy accept = AcceptPolicy::Ask;
    int count = 0;
    std::vector<std::string> paths;
    PathPreference path = PathPreference::Auto;
    std::string limit;
    std::string shell;
    bool json = false;
    bool yes = false;
    bool thorough = false;
};

QString fromUtf8(const std::string &text) { return QString::fromStdString(text); }

const std::map<std::string, SecretsMode> SECRETS{{"keychain", SecretsMode::Keychain},
                                                 {"file", SecretsMode::File}};
const std::map<std::string, AcceptPolicy> POLICIES{
    {"contacts", AcceptPolicy::Contacts}, {"ask", AcceptPolicy::Ask}, {"none", AcceptPolicy::None}};
const std::map<std::string, PathPreference> PATHS{{"auto", PathPreference::Auto},
                                                  {"lan", PathPreference::Lan},
                                                  {"tcp", PathPreference::Tcp},
                                                  {"udp", PathPreference::Udp},
                                                  {"relay", PathPreference::Relay}};

/// An option whose value is one of a few words. The words are its type name, so help and
/// completion show them.
template<typename T>
CLI::Option *addChoice(CLI::App &app, const std::string &name, T &value,
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

/// The parser of all commands, with the place it writes to.
class Grammar {
public:
    Grammar();

    CLI::App app;
    Parsed parsed;

    Result<CommandArguments> chosen() const;

private:
    CLI::App *add(CLI::App &parent, const char *name, const QString &description);
    void addGlobalOptions();
    void addAccountCommands();
    void addContactCommands();
    void addTransferCommands();
    void addInformationCommands();
    void addAccountOptions(CLI::App &command);
    void addJson(CLI::App &command);
};

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
    addTransferCommands();
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
    auto *list = add(*contacts, "list", Cli::tr("all contacts, with what is known of them"));
    list->footer(utf8(contactsHelp()));
    addJson(*list);
}

void Grammar::addTransferCommands()
{
    auto *receive = add(app, "receive", Cli::tr("take files until Ctrl+C"));
    receive->add_option("--into", parsed.into, utf8(Cli::tr("folder that the files land in")))
        ->required()
        ->type_name("DIR");
    addChoice(*receive, "--accept", parsed.accept, POLICIES,
              Cli::tr("whose files are taken: every contact's, those you agree to (default), or "
                      "none"));
    receive
        ->add_option("--count", parsed.count,
                     utf8(Cli::tr("end after so many transfers, with the last failure's code")))
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->type_name("N");
    addJson(*receive);
    receive->footer(utf8(transferHelp()));

    auto *send = add(app, "send", Cli::tr("send files and folders to a contact who is online"));
    send->add_option("path", parsed.paths, utf8(Cli::tr("files and folders")))
        ->required()
        ->type_name("PATH");
    send->add_option("--to", parsed.contact,
                     utf8(Cli::tr("the contact; your own name for another device of yours")))
        ->required()
        ->type_name("NAME");
    addChoice(*send, "--path", parsed.path, PATHS, Cli::tr("only this kind of path"));
    send->add_option("--limit", parsed.limit, utf8(limitHelp()))->type_name("RATE");
    addJson(*send);
    send->footer(utf8(transferHelp()));
}

void Grammar::addInformationCommands()
{
    auto *peers = add(app, "peers", Cli::tr("the devices of your contacts that are online"));
    addJson(*peers);
    peers->footer(utf8(peersHelp()));
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

Result<CommandArguments> Grammar::chosen() const
{
    const Account account{fromUtf8(parsed.server), fromUtf8(parsed.user)};
    if (app.got_subcommand("register"))
        return CommandArguments(
            RegisterArguments{account, fromUtf8(parsed.passwordFile), fromUtf8(parsed.invite)});
    if (app.got_subcommand("sign-in"))
        return CommandArguments(SignInArguments{account, fromUtf8(parsed.passwordFile)});
    if (app.got_subcommand("contacts")) {
        static const std::map<std::string, ContactsAction> actions{
            {"add", ContactsAction::Add},       {"accept", ContactsAction::Accept},
            {"remove", ContactsAction::Remove}, {"list", ContactsAction::List},
            {"verify", ContactsAction::Verify},
        };
        const auto action = app.get_subcommand("contacts")->get_subcommands().front()->get_name();
        return CommandArguments(ContactsArguments{actions.at(action), fromUtf8(parsed.contact),
                                                  parsed.json, parsed.yes});
    }
    if (app.got_subcommand("peers"))
        return CommandArguments(PeersArguments{parsed.json});
    if (app.got_subcommand("network"))
        return CommandArguments(NetworkArguments{parsed.json, parsed.thorough});
    if (app.got_subcommand("receive"))
        return CommandArguments(
            ReceiveArguments{{fromUtf8(parsed.into), parsed.accept}, parsed.count, parsed.json});

    SendArguments send;
    send.json = parsed.json;
    send.request.contact = fromUtf8(parsed.contact);
    send.request.path = parsed.path;
    for (const auto &path : parsed.paths)
        send.request.paths << fromUtf8(path);
    if (!parsed.limit.empty()) {
        const auto rate = parseByteRate(fromUtf8(parsed.limit));
        if (!rate)
            return rate.error();
        send.request.bytesPerSecond = *rate;
    }
    return CommandArguments(send);
}

/// The others are over before a peer could come by the port.
bool meetsPeers(const CommandArguments &command)
{
    return std::holds_alternative<ReceiveArguments>(command)
        || std::holds_alternative<SendArguments>(command)
        || std::holds_alternative<NetworkArguments>(command);
}

EngineOptions engineOptions(const Parsed &parsed, const CommandArguments &command)
{
    EngineOptions options;
    options.profile = parsed.profile.empty()
        ? QStandardPaths::writableLocation(QStandardPaths::AppDataLocation)
        : fromUtf8(parsed.profile);
    options.secrets = parsed.secrets;
    options.port = parsed.port;
    options.mapPort = !parsed.noPortmap && meetsPeers(command);
    options.deviceName = fromUtf8(parsed.deviceName);
    return options;
}

Answer usageError(const QString &sentence)
{
    return {Cli::tr("%1 See \"postern-cli --help\".").arg(sentence), ExitCode::Usage};
}

/// The parser's own words, as a sentence.
Answer usageError(const CLI::ParseError &error)
{
    auto words = fromUtf8(error.what()).simplified();
    while (words.endsWith(u'.'))
        words.chop(1);
    return usageError(words + u'.');
}

} // namespace

std::variant<Invocation, Answer> parseCommandLine(const QStringList &arguments)
{
    Grammar grammar;
    std::vector<std::string> words; // the parser takes them from the back
    for (auto i = arguments.size() - 1; i > 0; --i)
        words.push_back(utf8(arguments[i]));
    try {
        grammar.app.parse(words);
    } catch (const CLI::CallForHelp &) {
        return Answer{fromUtf8(grammar.app.help()).trimmed()};
    } catch (const CLI::CallForVersion &version) {
        return Answer{fromUtf8(version.what())};
    } catch (const CLI::ParseError &error) {
        return usageError(error);
    }
    if (grammar.app.got_subcommand("completion"))
        return Answer{
            completionScript(grammar.app, fromUtf8(grammar.parsed.shell)).value_or(QString())};
    const auto command = grammar.chosen();
    if (!command)
        return usageError(command.error().message);
    return Invocation{engineOptions(grammar.parsed, *command), *command};
}

} // namespace postern::cli
