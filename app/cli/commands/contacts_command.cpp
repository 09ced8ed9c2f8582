#include "app/cli/commands/contacts_command.h"

#include "app/cli/commands/contact_lookup.h"
#include "app/cli/json_events.h"
#include "app/cli/target_folder.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

namespace postern::cli {

namespace {

QString stateText(const ContactInfo &contact)
{
    switch (contact.state) {
    case ContactState::AskedByUs: return Cli::tr("has not answered your request yet");
    case ContactState::AsksUs: return Cli::tr("asks to be your contact");
    case ContactState::Blocked: return Cli::tr("blocked");
    case ContactState::OwnDevices: return Cli::tr("your own devices");
    case ContactState::Accepted: break;
    }
    if (contact.receiving())
        return Cli::tr("online, takes files");
    return contact.online() ? Cli::tr("online") : Cli::tr("offline");
}

QString trustText(KeyTrust trust)
{
    switch (trust) {
    case KeyTrust::FirstSeen: return Cli::tr("not verified");
    case KeyTrust::Verified: return Cli::tr("verified");
    case KeyTrust::New: return Cli::tr("has a new device");
    case KeyTrust::Changed: return Cli::tr("key changed: blocked until you verify");
    }
    return {};
}

} // namespace

QString ruleText(const std::optional<ContactRule> &rule)
{
    const auto known = rule.value_or(ContactRule{});
    QString text;
    switch (known.take) {
    case ContactRule::Take::Ask: text = Cli::tr("asks about what they send"); break;
    case ContactRule::Take::Always: text = Cli::tr("takes what they send"); break;
    case ContactRule::Take::Never: text = Cli::tr("takes nothing"); break;
    case ContactRule::Take::BelowSize:
        text = Cli::tr("takes up to %1, asks about more").arg(byteCount(known.belowBytes));
        break;
    }
    return known.into.isEmpty() ? text : Cli::tr("%1, into %2").arg(text, plainText(known.into));
}

Result<ContactRule> changedRule(const ContactRule &before, const RuleChange &change)
{
    auto rule = before;
    if (change.belowBytes) {
        rule.take = ContactRule::Take::BelowSize;
        rule.belowBytes = *change.belowBytes;
    }
    if (change.take)
        rule.take = *change.take;
    if (rule.take != ContactRule::Take::BelowSize)
        rule.belowBytes = 0;
    else if (rule.belowBytes == 0)
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("Say below which size: add --below, as --below 20M.")};
    if (change.into)
        rule.into = *change.into;
    return rule;
}

ContactsCommand::ContactsCommand(Engine &engine, Console &console, ContactsArguments arguments)
    : Command(engine, console)
    , m_arguments(std::move(arguments))
{
}

void ContactsCommand::start()
{
    if (m_arguments.action == ContactsAction::Verify && !m_arguments.yes && !console().canAsk()) {
        fail({ErrorCode::InvalidArgument,
              Cli::tr("There is no terminal to ask on; compare the safety number from "
                      "\"contacts list --json\" and run this again with --yes.")},
             ExitCode::Usage);
        return;
    }
    connectThen([this] { act(); });
}

void ContactsCommand::act()
{
    const auto name = m_arguments.name;
    const auto done = [this](const QString &sentence) {
        return expecting([this, sentence] {
            console().print(sentence);
            finish(ExitCode::Done);
        });
    };
    switch (m_arguments.action) {
    case ContactsAction::Add:
        engine().addContact(name, this,
                            done(Cli::tr("Asked %1; you are contacts as soon as they accept.")
                                     .arg(plainText(name))));
        break;
    case ContactsAction::Accept:
        engine().acceptContact(name, this,
                               done(Cli::tr("%1 is your contact now.").arg(plainText(name))));
        break;
    case ContactsAction::Remove: remove(); break;
    case ContactsAction::List: list(); break;
    case ContactsAction::Verify: verify(); break;
    case ContactsAction::Rule: changeRule(); break;
    }
}

void ContactsCommand::remove()
{
    const auto contact = findContact(engine(), m_arguments.name);
    if (!contact) {
        fail(contact.error(), Stage::Session);
        return;
    }
    const auto done = expecting([this] {
        console().print(
            Cli::tr("%1 is no contact of yours any more.").arg(plainText(m_arguments.name)));
        finish(ExitCode::Done);
    });
    if (contact->state == ContactState::AsksUs)
        engine().refuseContact(contact->name, this, done);
    else
        engine().removeContact(contact->name, this, done);
}

void ContactsCommand::list()
{
    const auto contacts = engine().contacts();
    for (const auto &contact : contacts) {
        if (m_arguments.json) {
            console().print(jsonLine(contactObject(contact)));
            continue;
        }
        auto line = plainText(contact.name) + QStringLiteral(": ") + stateText(contact);
        if (contact.state == ContactState::Accepted && !contact.devices.isEmpty())
            line += QStringLiteral(", ") + trustText(contact.trust());
        if (contact.rule)
            line += QStringLiteral("; ") + ruleText(contact.rule);
        console().print(line);
    }
    if (contacts.isEmpty() && !m_arguments.json)
        console().print(
            Cli::tr("No contacts yet; ask for one with \"postern-cli contacts add NAME\"."));
    finish(ExitCode::Done);
}

void ContactsCommand::verify()
{
    const auto contact = findContact(engine(), m_arguments.name);
    if (!contact) {
        fail(contact.error(), Stage::Session);
        return;
    }
    m_contact = *contact;
    if (m_contact.safetyNumber.isEmpty()) {
        fail({ErrorCode::PeerOffline,
              Cli::tr("No device of %1 is known yet, so there is no safety number; try again when "
                      "they have accepted and signed in.")
                  .arg(m_contact.name)},
             ExitCode::PeerOffline);
        return;
    }
    console().print(Cli::tr("Safety number with %1:").arg(plainText(m_contact.name)));
    console().print(m_contact.safetyNumber);
    if (m_arguments.yes) {
        markVerified();
        return;
    }
    const auto question = Cli::tr("Compare it with the one that %1 sees, by voice or in person. "
                                  "Are all digits the same? [y/N]")
                              .arg(plainText(m_contact.name));
    console().ask(question, [this](const std::optional<QString> &answer) {
        if (answer && answer->startsWith(u'y', Qt::CaseInsensitive)) {
            markVerified();
            return;
        }
        fail({ErrorCode::Declined,
              Cli::tr("%1 stays unverified; if the numbers differ, send nothing and ask them "
                      "about their device.")
                  .arg(m_contact.name)},
             ExitCode::Declined);
    });
}

void ContactsCommand::markVerified()
{
    // The number covers every key the contact has now, a changed or new one too: all of them
    // are trusted from here on.
    engine().markVerified(m_contact.name, this, expecting([this] {
                              console().print(
                                  Cli::tr("%1 is verified now.").arg(plainText(m_contact.name)));
                              finish(ExitCode::Done);
                          }));
}

void ContactsCommand::changeRule()
{
    const auto contact = findContact(engine(), m_arguments.name);
    if (!contact) {
        fail(contact.error(), Stage::Session);
        return;
    }
    const auto &change = m_arguments.rule;
    const auto say = [this,
                      name = plainText(contact->name)](const std::optional<ContactRule> &rule) {
        console().print(QStringLiteral("%1: %2").arg(
            name, rule ? ruleText(rule) : Cli::tr("no rule; \"receive --accept\" decides")));
        finish(ExitCode::Done);
    };
    if (change.changesNothing()) {
        say(contact->rule);
        return;
    }
    std::optional<ContactRule> wanted;
    if (!change.clear) {
        auto rule = changedRule(contact->rule.value_or(ContactRule{}), change);
        if (!rule) {
            fail(rule.error(), Stage::Session);
            return;
        }
        if (change.into) {
            const auto into = targetFolder(*change.into);
            if (!into) {
                fail(into.error(), Stage::Receiving);
                return;
            }
            rule->into = *into;
        }
        wanted = *rule;
    }
    engine().setContactRule(contact->name, wanted, this, expecting([say, wanted] { say(wanted); }));
}

} // namespace postern::cli
