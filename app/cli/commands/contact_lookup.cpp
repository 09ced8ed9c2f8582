#include "app/cli/commands/contact_lookup.h"

#include "app/cli/translation.h"

namespace postern::cli {

namespace {

constexpr qsizetype SHORTEST_ID = 4; // digits; fewer name a device by chance

} // namespace

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

Result<void> maySendTo(const ContactInfo &contact)
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
    return {};
}

Result<void> isThere(const ContactInfo &contact, const std::optional<DeviceId> &wanted)
{
    if (wanted) {
        for (const auto &device : contact.devices)
            if (device.id == *wanted && device.online && device.receiving)
                return {};
        return Error{ErrorCode::PeerOffline,
                     Cli::tr("That device of %1 is offline or takes no files now; try again when "
                             "Postern runs on it, or let it wait with --wait.")
                         .arg(contact.name)};
    }
    if (!contact.online())
        return Error{ErrorCode::PeerOffline,
                     Cli::tr("%1 is offline; try again when they are online, or let it wait with "
                             "--wait.")
                         .arg(contact.name)};
    if (!contact.receiving())
        return Error{ErrorCode::PeerOffline,
                     Cli::tr("%1 is online but takes no files now; ask them to open Postern or to "
                             "run \"postern-cli receive\".")
                         .arg(contact.name)};
    return {};
}

Result<DeviceId> findDevice(const ContactInfo &contact, const QString &nameOrId)
{
    QStringList names;
    QList<DeviceId> meant;
    for (const auto &device : contact.devices) {
        names << device.name;
        const bool byId = nameOrId.size() >= SHORTEST_ID
            && device.id.toHex().startsWith(nameOrId, Qt::CaseInsensitive);
        if (byId || device.name.compare(nameOrId, Qt::CaseInsensitive) == 0)
            meant << device.id;
    }
    if (meant.size() == 1)
        return meant.first();
    if (meant.size() > 1)
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("%1 has more than one device \"%2\"; name it by its id, from "
                             "\"postern-cli contacts list --json\".")
                         .arg(contact.name, nameOrId)};
    return Error{ErrorCode::NotFound,
                 names.isEmpty()
                     ? Cli::tr("No device of %1 is known yet; try again when they have signed in.")
                           .arg(contact.name)
                     : Cli::tr("%1 has no device \"%2\"; there are: %3.")
                           .arg(contact.name, nameOrId, names.join(QStringLiteral(", ")))};
}

} // namespace postern::cli
