#pragma once
// A datagram path that is open before anyone reads it: the peer may start its handshake the
// moment our answer reaches it, half a round trip before we know that we may answer. The few
// packets that come in between are held, and given to the reader as soon as there is one.
//
// Thread: engine thread.

#include "core/net/deadline_timer.h"
#include "core/transport/datagram_path.h"

#include <QByteArray>
#include <QList>

#include <memory>

namespace postern {

class EarlyPath final : public DatagramPath {
public:
    static constexpr qsizetype MOST_HELD = 16; ///< a first flight is two or three packets

    /// `arrived` is called once, from the event loop, when the first packet came.
    EarlyPath(std::unique_ptr<DatagramPath> path, std::function<void()> arrived);

    Endpoint local() const override { return m_path->local(); }
    Endpoint remote() const override { return m_path->remote(); }
    SendResult send(ByteView bytes, const SendOptions &options) override;
    void setReceiver(Receiver receiver) override;
    void setWritableHandler(std::function<void()> handler) override;
    void setIcmpHandler(std::function<void(const IcmpReport &)> handler) override;

private:
    struct Held {
        Datagram meta; ///< its view is not valid any more
        QByteArray bytes;
    };
    void hold(std::span<const Datagram> datagrams);
    void release();

    std::unique_ptr<DatagramPath> m_path;
    std::function<void()> m_arrived;
    Receiver m_receiver; ///< the reader, while held packets wait for their turn of the loop
    QList<Held> m_held;
    DeadlineTimer m_release;
};

} // namespace postern
