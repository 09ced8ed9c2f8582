#include "app/cli/command_line.h"

#include "app/cli/byte_rate.h"
#include "app/cli/completion.h"
#include "app/cli/grammar.h"
#include "app/cli/translation.h"

#include <QStandardPaths>

#include <map>

namespace postern::cli {

namespace {

QString fromUtf8(const std::string &text) { return QString::fromStdString(text); }

Error wrong(const QString &sentence) { return {ErrorCode::InvalidArgument, sentence}; }

} // namespace

Result<CommandArguments> Grammar::chosen() const
{
    const Account account{fromUtf8(parsed.server), fromUtf8(parsed.user)};
    if (app.got_subcommand("register"))
        return CommandArguments(
            RegisterArguments{account, fromUtf8(parsed.passwordFile), fromUtf8(parsed.invite)});
    if (app.got_subcommand("sign-in"))
        return CommandArguments(SignInArguments{account, fromUtf8(parsed.passwordFile)});
    if (app.got_subcommand("contacts"))
        return chosenContacts();
    if (app.got_subcommand("peers"))
        return CommandArguments(PeersArguments{parsed.json});
    if (app.got_subcommand("network"))
        return CommandArguments(NetworkArguments{parsed.json, parsed.thorough});
    if (app.got_subcommand("queue"))
        return chosenQueue();
    if (app.got_subcommand("hash"))
        return CommandArguments(HashArguments{parsedPaths(), parsed.json});
    if (app.got_subcommand("history"))
        return chosenHistory();
    return app.got_subcommand("receive") ? chosenReceive() : chosenSend();
}

QStringList Grammar::parsedPaths() const
{
    QStringList paths;
    for (const auto &path : parsed.paths)
        paths << fromUtf8(path);
    return paths;
}

Result<CommandArguments> Grammar::chosenContacts() const
{
    static const std::map<std::string, ContactsAction> actions{
        {"add", ContactsAction::Add},       {"accept", ContactsAction::Accept},
        {"remove", ContactsAction::Remove}, {"list", ContactsAction::List},
        {"verify", ContactsAction::Verify}, {"rule", ContactsAction::Rule},
    };
    const auto action = app.get_subcommand("contacts")->get_subcommands().front()->get_name();
    ContactsArguments contacts{actions.at(action), fromUtf8(parsed.contact), parsed.json,
                               parsed.yes};
    auto &rule = contacts.rule;
    rule.take = parsed.take;
    rule.clear = parsed.clear;
    if (!parsed.into.empty())
        rule.into = fromUtf8(parsed.into);
    if (!parsed.below.empty()) {
        const auto size = parseByteSize(fromUtf8(parsed.below));
        if (!size)
            return size.error();
        rule.belowBytes = *size;
    }
    if (rule.clear && (rule.take || rule.belowBytes || rule.into))
        return wrong(Cli::tr("--clear takes the rule away; it goes with no other option."));
    if (rule.belowBytes && rule.take && *rule.take != ContactRule::Take::BelowSize)
        return wrong(Cli::tr("--below goes with --take below only."));
    return CommandArguments(contacts);
}

Result<RunArguments> Grammar::chosenRun() const
{
    RunArguments run{parsed.json, parsed.control, {}};
    run.limits.yields = parsed.yields;
    for (const auto &[text, limit] : {std::pair(&parsed.limitUp, &run.limits.up),
                                      std::pair(&parsed.limitDown, &run.limits.down)}) {
        if (text->empty())
            continue;
        const auto rate = parseByteRate(fromUtf8(*text));
        if (!rate)
            return rate.error();
        *limit = *rate;
    }
    return run;
}

Result<CommandArguments> Grammar::chosenReceive() const
{
    const auto run = chosenRun();
    if (!run)
        return run.error();
    return CommandArguments(
        ReceiveArguments{{fromUtf8(parsed.into), parsed.accept}, parsed.count, *run});
}

Result<CommandArguments> Grammar::chosenSend() const
{
    const int kinds =
        int(!parsed.paths.empty()) + int(parsed.text.has_value()) + int(!parsed.textFile.empty());
    if (kinds != 1)
        return wrong(kinds == 0 ? Cli::tr("Say what to send: files, --text or --text-file.")
                                : Cli::tr("Send either files, or --text, or --text-file."));
    if (parsed.recipients.empty() && parsed.device.empty())
        return wrong(Cli::tr("Say who it is for: --to NAME, or --device for one of your own."));
    if (parsed.control && parsed.textFile == "-")
        return wrong(Cli::tr("Standard input is either the text or takes --control's commands."));
    const auto run = chosenRun();
    if (!run)
        return run.error();
    SendArguments send;
    send.run = *run;
    send.device = fromUtf8(parsed.device);
    send.textFile = fromUtf8(parsed.textFile);
    for (const auto &recipient : parsed.recipients)
        send.contacts << fromUtf8(recipient);
    send.contacts.removeDuplicates();
    if (send.contacts.size() > 1 && !send.device.isEmpty())
        return wrong(Cli::tr("--device is of one contact; send to the others by themselves."));
    send.request.path = parsed.path;
    send.request.text = fromUtf8(parsed.text.value_or(std::string()));
    send.request.waitForContact = parsed.wait;
    send.request.paths = parsedPaths();
    if (!parsed.limit.empty()) {
        const auto rate = parseByteRate(fromUtf8(parsed.limit));
        if (!rate)
            return rate.error();
        send.request.bytesPerSecond = *rate;
    }
    return CommandArguments(send);
}

Result<CommandArguments> Grammar::chosenHistory() const
{
    const auto *history = app.get_subcommand("history");
    HistoryArguments arguments;
    arguments.json = parsed.json;
    arguments.key = parsed.key;
    arguments.query = {fromUtf8(parsed.search), parsed.before, parsed.last};
    if (history->got_subcommand("files")) {
        arguments.action = HistoryAction::Files;
    } else if (history->got_subcommand("export")) {
        arguments.action = HistoryAction::Export;
        arguments.file = fromUtf8(parsed.file);
    } else if (history->got_subcommand("clear")) {
        arguments.action = HistoryAction::Clear;
        if (parsed.all == (parsed.key != 0))
            return wrong(Cli::tr("Say what to forget: the KEY of one entry, or --all."));
    }
    return CommandArguments(arguments);
}

Result<CommandArguments> Grammar::chosenQueue() const
{
    const auto *queue = app.get_subcommand("queue");
    if (!queue->got_subcommand("retry")) {
        const auto action = queue->got_subcommand("list") ? QueueAction::List
            : queue->got_subcommand("move")               ? QueueAction::Move
                                                          : QueueAction::Cancel;
        return CommandArguments(
            QueueArguments{action, fromUtf8(parsed.number), parsed.place, parsed.json});
    }
    const auto run = chosenRun();
    if (!run)
        return run.error();
    SendArguments send;
    send.run = *run;
    send.queued = fromUtf8(parsed.number);
    send.request.waitForContact = parsed.wait;
    return CommandArguments(send);
}

namespace {

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
    options.congestion = parsed.congestion;
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
        words.push_back(arguments[i].toStdString());
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
