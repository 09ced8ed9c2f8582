#pragma once
// All transfers that are being received, whichever link they came by, and the last words of
// those that ended: a sender whose connection was lost comes back with the transfer's number
// and is told how it stands. Numbers count only together with the device that made them.
// Engine thread.

#include "core/base/ids.h"
#include "core/transfer/executor.h"

#include <QByteArray>
#include <QString>

#include <deque>
#include <map>

namespace postern {

class Gaps;
class Incoming;

class IncomingBook {
public:
    /// Ended transfers that are remembered.
    static constexpr std::size_t MOST_ENDED = 4096;
    static constexpr std::size_t MOST_UNKNOWN = 64;
    static constexpr std::size_t MOST_WITH_GAPS = 64;

    /// The folder is where transfers keep their journals; empty: they keep none.
    explicit IncomingBook(QString journals = {})
        : m_journals(std::move(journals))
    {
    }
    const QString &journals() const { return m_journals; }

    void add(const DeviceId &from, const TransferId &id, Incoming *incoming);
    void remove(const DeviceId &from, const TransferId &id, Incoming *incoming);
    /// Null where none is under way.
    Incoming *find(const DeviceId &from, const TransferId &id) const;

    /// Frames that tell how a transfer ended; empty where none did.
    QByteArray lastWords(const DeviceId &from, const TransferId &id) const;
    void noteLastWords(const DeviceId &from, const TransferId &id, const QByteArray &frames);

    /// What the newest transfers that ended did not bring, for one that follows; null where
    /// nothing is known.
    void noteGaps(const DeviceId &from, const TransferId &id, std::shared_ptr<const Gaps> gaps);
    std::shared_ptr<const Gaps> gaps(const DeviceId &from, const TransferId &id) const;

    /// Whoever came back with this attachment was told that we don't know the transfer: an offer
    /// made before, on another channel and still under way, is not to be taken for the one that
    /// follows.
    void noteUnknown(const DeviceId &from, const TransferId &id, quint64 attachment);
    bool isOvertaken(const DeviceId &from, const TransferId &id, quint64 attachment) const;

    /// The offer waits for an answer, and its list takes so much; 0: it has been answered.
    void noteUnanswered(const DeviceId &from, const TransferId &id, std::size_t listBytes);
    /// Of one device: offers that no one has answered, and what their lists take.
    std::size_t unanswered(const DeviceId &from) const;
    std::size_t unansweredBytes(const DeviceId &from) const;

    /// The lane on which the transfer's files are written into this folder. One that was put
    /// down and comes back gets the same one while that has work, so that the first lets the
    /// folder go before the second takes it.
    std::shared_ptr<Lane> lane(const DeviceId &from, const TransferId &id, const QString &into,
                               Executor &executor);

private:
    using Key = std::pair<DeviceId, TransferId>;

    struct Running {
        Incoming *incoming = nullptr;
        std::size_t listBytes = 1; ///< while unanswered, else 0
    };

    QString m_journals;
    std::map<Key, Running> m_running;
    std::map<Key, QByteArray> m_ended;
    std::deque<Key> m_endedOrder;
    std::deque<std::pair<Key, quint64>> m_unknown; ///< the newest last
    std::deque<std::pair<Key, std::shared_ptr<const Gaps>>> m_gaps; ///< the newest last
    std::map<std::pair<Key, QString>, std::weak_ptr<Lane>> m_lanes;
};

} // namespace postern
