#include "app/cli/command_line.h"
#include "app/cli/commands/account_commands.h"
#include "app/cli/commands/contacts_command.h"
#include "app/cli/commands/hash_command.h"
#include "app/cli/commands/history_command.h"
#include "app/cli/commands/network_command.h"
#include "app/cli/commands/peers_command.h"
#include "app/cli/commands/queue_command.h"
#include "app/cli/commands/receive_command.h"
#include "app/cli/commands/send_command.h"
#include "app/cli/interrupts.h"
#include "app/cli/terminal_text.h"

#include <QEventLoop>

namespace postern::cli {

namespace {

/// Which command answers to which arguments.
struct MakeCommand {
    Engine &engine;
    Console &console;

    template<typename T, typename A> std::unique_ptr<Command> make(const A &arguments) const
    {
        return std::make_unique<T>(engine, console, arguments);
    }
    auto operator()(const RegisterArguments &a) const { return make<RegisterCommand>(a); }
    auto operator()(const SignInArguments &a) const { return make<SignInCommand>(a); }
    auto operator()(const ContactsArguments &a) const { return make<ContactsCommand>(a); }
    auto operator()(const PeersArguments &a) const { return make<PeersCommand>(a); }
    auto operator()(const ReceiveArguments &a) const { return make<ReceiveCommand>(a); }
    auto operator()(const SendArguments &a) const { return make<SendCommand>(a); }
    auto operator()(const NetworkArguments &a) const { return make<NetworkCommand>(a); }
    auto operator()(const HistoryArguments &a) const { return make<HistoryCommand>(a); }
    auto operator()(const QueueArguments &a) const { return make<QueueCommand>(a); }
    auto operator()(const HashArguments &a) const { return make<HashCommand>(a); }
};

} // namespace

int runCommandLine(const QStringList &arguments, Console &console, const EngineMaker &makeEngine)
{
    const auto parsed = parseCommandLine(arguments);
    if (const auto *answer = std::get_if<Answer>(&parsed)) {
        if (answer->code == ExitCode::Done)
            console.print(answer->text);
        else
            console.warn(plainText(answer->text));
        return static_cast<int>(answer->code);
    }
    const auto &invocation = std::get<Invocation>(parsed);

    const auto engine = makeEngine(invocation.engine);
    const auto command = std::visit(MakeCommand{*engine, console}, invocation.command);
    Interrupts interrupts;
    QEventLoop loop;
    ExitCode code = ExitCode::Failed;
    bool over = false;
    QObject::connect(command.get(), &Command::ended, &loop, [&](ExitCode ended) {
        code = ended;
        over = true;
        loop.quit();
    });
    QObject::connect(&interrupts, &Interrupts::interrupted, command.get(), &Command::interrupt);
    command->start();
    if (!over)
        loop.exec();
    return static_cast<int>(code);
}

} // namespace postern::cli
