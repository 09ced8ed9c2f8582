#pragma once
// contacts add | accept | remove | list | verify | rule. Thread: main thread only.

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
    void changeRule();

    ContactsArguments m_arguments;
    ContactInfo m_contact; ///< of verify
};

/// What a rule means, for people; "ask" where there is none.
QString ruleText(const std::optional<ContactRule> &rule);

/// The rule a change makes of another. Fails with InvalidArgument where no size is known.
Result<ContactRule> changedRule(const ContactRule &before, const RuleChange &change);

} // namespace postern::cli
