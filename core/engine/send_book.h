#pragma once
// The sends that are not over, as the profile remembers them: a send that was cut off, by a
// crash or for want of a connection, is found again by what it was to send and to whom. A lock
// keeps two processes of one profile from going on with the same. All of it blocks: worker.

#include "core/engine_types.h"
#include "core/transfer/send_ticket.h"
#include "core/transfer/source.h"

#include <QCoreApplication>
#include <QLockFile>

#include <atomic>
#include <memory>

namespace postern {

class SendBook {
    Q_DECLARE_TR_FUNCTIONS(postern::SendBook)

public:
    explicit SendBook(JournalHome home)
        : m_home(std::move(home))
    {
    }

    /// A send that is being worked on here.
    struct Held {
        SendTicket ticket;
        std::shared_ptr<QLockFile> lock;
    };
    /// Those that wait or were cut off, and that no process works on.
    QList<Held> takeAll() const;
    /// Nothing where there is none, or another process works on it.
    std::optional<Held> take(const TransferId &id) const;

    /// By contact, each in the order in which it will be sent; what failed comes last.
    QList<QueuedSend> list() const;
    /// To another place, from 0, among those that wait for the same contact.
    Result<void> move(const TransferId &id, int place) const;
    Result<void> drop(const TransferId &id) const;

    /// Failed for good: remembered under this number, to be sent again. The oldest of more than
    /// MOST_FAILED go.
    void keepFailed(const TransferId &id, Held held, const QString &why) const;
    static constexpr qsizetype MOST_FAILED = 200;

    struct Begun {
        Result<std::shared_ptr<const Source>> source;
        std::optional<Held> held; ///< none: it will not be remembered
        QStringList notes;
    };
    /// Looks at the files, and whether sending them to this device was begun before. What is
    /// held already stays so unless the files are others now; then they are sent as new.
    Begun begin(const SendRequest &request, const DeviceId &device, const TransferId &fresh,
                std::optional<Held> held, const std::atomic<bool> &stopped) const;

    /// A send that can't begin yet, or whose standing changed; nothing if it can't be kept. What
    /// was begun in an earlier life, and is nobody's now, goes on with it.
    std::optional<Held> keep(SendTicket ticket, std::optional<Held> held) const;

    void forget(const TransferId &id) const { dropTicket(m_home, id); }

private:
    std::shared_ptr<QLockFile> lock(const TransferId &id) const;
    static Error inOtherHands();
    QList<SendTicket> ticketsLike(const SendTicket &wanted) const;
    std::optional<Held> takeLike(const SendTicket &wanted) const;

    JournalHome m_home;
};

} // namespace postern
