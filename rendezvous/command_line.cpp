#include "rendezvous/command_line.h"

#include "rendezvous/admin.h"
#include "rendezvous/server.h"

#include <CLI/CLI.hpp>

#include <cstdio>

namespace postern::rendezvous {

namespace {

constexpr int EXIT_USAGE = 2;

/// The texts CLI11 writes into; an option that was not given stays empty.
struct Arguments {
    std::map<std::string, std::string> settings;
    std::string configFile;
    std::string user;
    std::string passwordFile;
    bool json = false;
    int uses = 1;
    int days = 7;
};

Result<Settings> settingsOf(const Arguments &arguments)
{
    Settings settings;
    if (!arguments.configFile.empty()) {
        auto file = readConfigFile(QString::fromStdString(arguments.configFile));
        if (!file)
            return file;
        settings = *file;
    }
    for (const auto &[name, value] : arguments.settings) { // flags win
        if (!value.empty())
            settings[QString::fromStdString(name)] = QString::fromStdString(value);
    }
    return settings;
}

Result<void> serveAsTold(const Arguments &arguments)
{
    auto settings = settingsOf(arguments);
    if (!settings)
        return settings.error();
    auto config = makeConfig(*settings);
    if (!config)
        return config.error();
    return serve(*config);
}

/// For commands on the database: only where it is counts.
Result<DatabaseAddress> databaseOf(const Arguments &arguments)
{
    auto settings = settingsOf(arguments);
    if (!settings)
        return settings.error();
    auto config = makeConfig(*settings);
    if (!config)
        return config.error();
    return DatabaseAddress{config->databaseUrl, config->dataFolder};
}

void describeServe(CLI::App &app, Arguments &arguments)
{
    auto *serve = app.add_subcommand("serve", "Run the server");
    serve->footer(
        "--data DIR is needed; it, --config and --database are the same for all commands: "
        "see postern-rendezvous --help.");
    const auto option = [&](const std::string &name, const std::string &value,
                            const std::string &text) {
        serve->add_option("--" + name, arguments.settings[name], text)->type_name(value);
    };
    option("listen", "HOST:PORT",
           "Where clients connect; port 0 picks a free one. Default: 7788 of every address");
    option("stun", "HOST:PORT|off", "Where STUN answers. Default: port 3478 of the listening host");
    option("stun-alt", "HOST:PORT",
           "A second address and port of this machine for STUN, so that clients can learn what "
           "their NAT filters (RFC 5780)");
    option("registration", "open|invite|closed", "Who may create an account. Default open");
    option("cert", "FILE",
           "Certificate chain, PEM; read again on SIGHUP. Default: a self-signed "
           "one in the data folder, which clients pin");
    option("key", "FILE", "The certificate's key, PEM");
    option("public-host", "HOST",
           "The name that the printed address has. Default: the listening "
           "host's address");
    option("connections-per-address", "N", "Connections at a time from one address. Default 1024");
}

void describeRelay(CLI::App &app, Arguments &arguments)
{
    auto *serve = app.get_subcommand("serve");
    const auto option = [&](const std::string &name, const std::string &value,
                            const std::string &text) {
        serve->add_option("--" + name, arguments.settings[name], text)
            ->type_name(value)
            ->group("Relay, for peers with no direct path");
    };
    option("relay", "on|off",
           "The built-in TURN server: UDP and TCP on the STUN port, TLS on the port of --listen. "
           "Default on, off with --relay-external");
    option("relay-address", "IP",
           "The public address of relayed ports, where this machine does not have it itself");
    option("relay-ports", "A-B", "The relayed ports (UDP). Default 49152-65535");
    option("relay-rate", "BYTES",
           "What an account may have relayed a second, as 20M. Default no limit");
    option("relay-quota", "BYTES",
           "What an account may have relayed a day, as 100G. Default no limit");
    option("relay-peers", "public|any",
           "Where to relay to; any: also into this machine's own networks. Default public");
    option("relay-external", "URI,...",
           "TURN servers elsewhere, such as coturn with use-auth-secret: turn:HOST:PORT, "
           "turn:HOST:PORT?transport=tcp, turns:HOST:PORT");
    option("relay-secret-file", "FILE",
           "The secret shared with them (coturn: static-auth-secret), in the first line");
}

void describeUser(CLI::App &app, Arguments &arguments)
{
    auto *user = app.add_subcommand("user", "Accounts")->require_subcommand(1);
    user->fallthrough();
    auto *add = user->add_subcommand("add", "Add an account; the password is asked for");
    add->add_option("NAME", arguments.user, "The account's name")->required();
    add->add_option("--password-file", arguments.passwordFile,
                    "Read the password from the first line of a file");
    auto *list = user->add_subcommand("list", "Show all accounts");
    list->add_flag("--json", arguments.json, "One JSON object a line");
    user->add_subcommand("disable", "Keep an account out; a running server closes its connections")
        ->add_option("NAME", arguments.user, "The account's name")
        ->required();
    user->add_subcommand("enable", "Let a disabled account in again")
        ->add_option("NAME", arguments.user, "The account's name")
        ->required();
    for (auto *command : user->get_subcommands({}))
        command->fallthrough();
}

void describeInvite(CLI::App &app, Arguments &arguments)
{
    auto *invite =
        app.add_subcommand("invite", "Invites for --registration invite")->require_subcommand(1);
    auto *create = invite->add_subcommand("create", "Print a new invite's code");
    create->add_option("--uses", arguments.uses, "How many accounts it is good for. Default 1")
        ->check(CLI::Range(1, 100'000));
    create->add_option("--days", arguments.days, "How long. Default 7")->check(CLI::Range(1, 3650));
    create->fallthrough();
}

Result<void> runCommand(const CLI::App &app, const Arguments &arguments)
{
    if (app.got_subcommand("serve"))
        return serveAsTold(arguments);
    auto where = databaseOf(arguments);
    if (!where)
        return where.error();
    if (app.got_subcommand("invite"))
        return admin::createInvite(*where, arguments.uses, arguments.days);
    const auto *user = app.get_subcommand("user");
    const QString name = QString::fromStdString(arguments.user);
    if (user->got_subcommand("add"))
        return admin::addUser(*where, name, QString::fromStdString(arguments.passwordFile));
    if (user->got_subcommand("list"))
        return admin::listUsers(*where, arguments.json);
    return admin::setUserDisabled(*where, name, user->got_subcommand("disable"));
}

} // namespace

int runCommandLine(int argc, char **argv)
{
    Arguments arguments;
    CLI::App app("Postern's rendezvous: accounts, presence, signalling, STUN and relay. It never "
                 "sees a file's content or name.",
                 "postern-rendezvous");
    app.set_version_flag("--version", POSTERN_VERSION);
    app.add_option("--data", arguments.settings["data"], "Folder of accounts, certificate and key")
        ->type_name("DIR");
    app.add_option("--database", arguments.settings["database"],
                   "sqlite (in the data folder; the default) or postgresql://user:password@host/"
                   "name; a password belongs into the config file, not here")
        ->type_name("URL");
    app.add_option("--config", arguments.configFile,
                   "TOML file with these options by name, without dashes; options given here win")
        ->type_name("FILE");
    app.require_subcommand(1);
    describeServe(app, arguments);
    describeRelay(app, arguments);
    describeUser(app, arguments);
    describeInvite(app, arguments);
    for (auto *command : app.get_subcommands({}))
        command->fallthrough();
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError &error) {
        return app.exit(error) == 0 ? 0 : EXIT_USAGE;
    }
    const auto done = runCommand(app, arguments);
    if (done)
        return 0;
    std::fprintf(stderr, "%s\n", done.error().message.toUtf8().constData());
    return done.error().code == ErrorCode::InvalidArgument ? EXIT_USAGE : 1;
}

} // namespace postern::rendezvous
