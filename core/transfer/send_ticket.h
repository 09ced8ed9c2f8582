#pragma once
// What a sender remembers of a transfer that is not over: enough to offer the same again under
// the same number. One file per transfer, "out-<transfer>", in the profile; a journal_file.h of
// one record. Worker.

#include "core/base/ids.h"
#include "core/transfer/receive_journal.h"
#include "core/wire/codec.h"

namespace postern {

inline constexpr wire::Limit TICKET_PATHS_LIMIT{10'000};
inline constexpr wire::Limit TICKET_REASON_LIMIT{4 * 1024};

struct SendTicket {
    static constexpr const char *TYPE = "send";
    static constexpr quint32 VERSION = 1;
    quint32 version = VERSION;
    TransferId transfer;
    QString contact;
    DeviceId device; ///< nobody else's key gets the files; null: not begun, whoever receives
    QList<QString> paths;
    qint64 bytesPerSecond = 0;
    QByteArray list; ///< Manifest::hash(): a source that changed is another transfer
    quint64 lives = 0; ///< how often it was begun
    QString text; ///< instead of paths
    bool waits = false; ///< a person wants it sent whenever the contact is there
    bool paused = false;
    quint64 order = 0; ///< among those that wait
    QString failed; ///< why it ended; it does not wait, but may be sent again
    TransferId follows; ///< see wire::TransferOffer
    template<typename V> void fields(V &v)
    {
        v("version", version);
        v("transfer", transfer);
        v("contact", contact);
        v("device", device);
        v("paths", paths, TICKET_PATHS_LIMIT);
        v("bytes_per_second", bytesPerSecond);
        v("list", list, wire::LIST_HASH_LIMIT);
        v("lives", lives);
        v("text", text, wire::TEXT_BYTES_LIMIT);
        v("waits", waits);
        v("paused", paused);
        v("order", order);
        v("failed", failed, TICKET_REASON_LIMIT);
        v("follows", follows);
    }
};

/// Channels that one life may use: each life counts its attachments from its own multiple.
inline constexpr quint64 ATTACHMENTS_A_LIFE = quint64{1} << 32;

QByteArray sendTicketName(const TransferId &id);

/// Replaces what was remembered of it. The new file is there before the old one goes.
Result<void> keepTicket(const JournalHome &home, const SendTicket &ticket);
QList<SendTicket> readTickets(const JournalHome &home);
void dropTicket(const JournalHome &home, const TransferId &id);

} // namespace postern
