#pragma once
// What can be said on the command line: every command and option, and where the parser puts what
// was said. command_line.cpp makes it the arguments of one command. Thread: main thread only.

#include "app/cli/arguments.h"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace postern::cli {

/// The parser writes here; every text is UTF-8.
struct Parsed {
    std::string profile;
    SecretsMode secrets = SecretsMode::Keychain;
    quint16 port = EngineOptions{}.port;
    Congestion congestion = Congestion::Bbr;
    bool noPortmap = false;
    std::string deviceName;
    std::string server;
    std::string user;
    std::string passwordFile;
    std::string invite;
    std::string contact;
    std::vector<std::string> recipients;
    std::string device;
    std::optional<std::string> text;
    std::string textFile;
    bool wait = false;
    bool control = false;
    std::string limitUp;
    std::string limitDown;
    bool yields = false;
    std::optional<ContactRule::Take> take;
    std::string below;
    bool clear = false;
    std::string search;
    int last = 20;
    qint64 before = 0;
    qint64 key = 0;
    bool all = false;
    std::string file;
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
    std::string number;
    int place = 0;
};

/// The parser of all commands, with the place it writes to.
class Grammar {
public:
    Grammar();

    CLI::App app;
    Parsed parsed;

    Result<CommandArguments> chosen() const;

private:
    Result<CommandArguments> chosenContacts() const;
    Result<CommandArguments> chosenReceive() const;
    Result<CommandArguments> chosenSend() const;
    Result<CommandArguments> chosenHistory() const;
    Result<CommandArguments> chosenQueue() const;
    Result<RunArguments> chosenRun() const;
    QStringList parsedPaths() const;
    CLI::App *add(CLI::App &parent, const char *name, const QString &description);
    void addGlobalOptions();
    void addAccountCommands();
    void addContactCommands();
    void addRuleOptions(CLI::App &rule);
    void addReceive();
    void addSend();
    void addRunOptions(CLI::App &command);
    void addHistory();
    void addQueue();
    void addInformationCommands();
    void addAccountOptions(CLI::App &command);
    void addJson(CLI::App &command);
};

} // namespace postern::cli
