#pragma once
// register and sign-in: this device joins an account. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class RegisterCommand : public Command {
    Q_OBJECT

public:
    RegisterCommand(Engine &engine, Console &console, RegisterArguments arguments);
    void start() override;

private:
    RegisterArguments m_arguments;
};

class SignInCommand : public Command {
    Q_OBJECT

public:
    SignInCommand(Engine &engine, Console &console, SignInArguments arguments);
    void start() override;

private:
    SignInArguments m_arguments;
};

} // namespace postern::cli
