#include "core/transfer/send_ticket.h"

namespace postern {

namespace {

const QByteArray PREFIX = "out-";

} // namespace

QByteArray sendTicketName(const TransferId &id) { return PREFIX + id.toByteArray().toHex(); }

/// The last record counts, so that no crash leaves none.
Result<void> keepTicket(const JournalHome &home, const SendTicket &ticket)
{
    const QByteArray payload = wire::encode(ticket);
    if (payload.size() > static_cast<qsizetype>(MAX_JOURNAL_PAYLOAD))
        return Error{ErrorCode::LimitExceeded, QStringLiteral("too many paths")};
    const auto folder = home.files->openFolder(home.folder);
    if (!folder)
        return folder.error();
    const QByteArray name = sendTicketName(ticket.transfer);
    auto file = JournalFile::open(**folder, name, [](const QByteArray &) {});
    if (!file)
        file = JournalFile::create(**folder, name);
    if (!file)
        return file.error();
    auto kept = (*file)->append(payload);
    if (kept)
        kept = (*file)->sync();
    return kept ? (*folder)->sync() : kept;
}

QList<SendTicket> readTickets(const JournalHome &home)
{
    QList<SendTicket> tickets;
    if (home.folder.isEmpty())
        return tickets;
    const auto folder = home.files->openFolder(home.folder);
    const auto items = folder ? (*folder)->list() : Result<QList<FolderItem>>(folder.error());
    if (!items)
        return tickets;
    for (const FolderItem &item : *items) {
        if (!item.name.startsWith(PREFIX) || item.info.kind != FileKind::File)
            continue;
        std::optional<SendTicket> last;
        const auto read =
            JournalFile::open(**folder, item.name, [&last](const QByteArray &payload) {
                if (const auto ticket = wire::decode<std::variant<SendTicket>>(payload))
                    last = std::get<SendTicket>(*ticket);
            });
        if (read && last && last->version == SendTicket::VERSION
            && item.name == sendTicketName(last->transfer))
            tickets.append(*last);
    }
    return tickets;
}

void dropTicket(const JournalHome &home, const TransferId &id)
{
    if (home.folder.isEmpty())
        return;
    if (const auto folder = home.files->openFolder(home.folder))
        (void)(*folder)->removeFile(sendTicketName(id)).ok();
}

} // namespace postern
