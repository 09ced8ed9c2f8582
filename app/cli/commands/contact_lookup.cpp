#include "app/cli/commands/contact_lookup.h"

#include "app/cli/translation.h"

namespace postern::cli {

Result<ContactInfo> findContact(const Engine &engine, const QString &name)
{
    const auto contacts = engine.contacts();
    const auto wanted = name.section(u'@', 0, 0);
    QList<ContactInfo> alike;
    for (const auto &contact : contacts) {
        if (contact.name == wanted)
            return contact;
        if (contact.name.compare(wanted, Qt::CaseInsensitive) == 0)
            alike << contact;
    }
    if (alike.size() == 1)
        return alike.first();
    return Error{ErrorCode::NotFound,
                 Cli::tr("%1 is none of your contacts; ask for it with \"postern-cli contacts add "
                         "%1\", or see \"postern-cli contacts list\".")
                     .arg(name)};
}

Result<void> canReceive(const ContactInfo &contact)
{
    switch (contact.state) {
    case ContactState::AskedByUs:
        return Error{ErrorCode::NotAllowed,
                     Cli::tr("%1 has not accepted your contact request yet; ask them to run "
                             "\"postern-cli contacts accept\" with your name.")
                         .arg(contact.name)};
    case ContactState::AsksUs:
        return Error{ErrorCode::NotAllowed,
                     Cli::tr("%1 asks to be your contact; run \"postern-cli contacts accept %1\" "
                             "first.")
                         .arg(contact.name)};
    case ContactState::Blocked:
        return Error{ErrorCode::NotAllowed,
                     Cli::tr("You have blocked %1; run \"postern-cli contacts remove %1\" and ask "
                             "for the contact anew.")
                         .arg(contact.name)};
    case ContactState::Accepted:
    case ContactState::OwnDevices: break;
    }
    if (!contact.online())
        return Error{ErrorCode::PeerOffline,
                     Cli::tr("%1 is offline; try again when they are online.").arg(contact.name)};
    if (!contact.receiving())
        return Error{ErrorCode::PeerOffline,
                     Cli::tr("%1 is online but takes no files now; ask them to open Postern or to "
                             "run \"postern-cli receive\".")
                         .arg(contact.name)};
    return {};
}

} // namespace postern::cli
