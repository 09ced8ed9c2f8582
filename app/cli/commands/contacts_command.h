#pragma once
// contacts add | accept | remove | list | verify. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class ContactsCommand : public Command {
    Q_OBJECT

public:
    ContactsCommand(Engine &engine, Console &console, ContactsArguments arguments);
    void start() override;

private:
    void act();
    void remove();
    void list();
    void verify();
    void markVerified();

    ContactsArguments m_arguments;
    ContactInfo m_contact; ///< of verify
};

} // namespace postern::cli
