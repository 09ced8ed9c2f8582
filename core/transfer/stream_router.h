#pragma once
// Leads the streams of a PeerChannel to those who use them. A stream that the peer opens
// says with its first frame what it is for; streams that are none of ours, or no longer,
// are ignored. Engine thread.

#include "core/transport/peer_channel.h"

#include <deque>
#include <map>
#include <set>

namespace postern {

/// Who reads and writes streams of a channel: a transfer.
class StreamUser {
public:
    virtual ~StreamUser() = default;
    virtual void streamReceived(StreamId stream, ByteView data, bool finished) = 0;
    virtual void streamWritable(StreamId stream) = 0;
    virtual void streamGivenUp(StreamId stream) = 0; ///< reset by the peer
    /// The channel is gone; the router must not be used any more.
    virtual void channelLost() = 0;
};

class StreamRouter final : public PeerChannelObserver {
public:
    /// Who decides what streams of the peer are for.
    class Owner {
    public:
        virtual ~Owner() = default;
        /// A stream of the peer's with its first frame. Give it a user, finish() or reset() it.
        virtual void streamOpened(StreamRouter &router, StreamId stream,
                                  const QByteArray &payload) = 0;
        /// The channel ended; its users have been told. Not from within: don't destroy it here.
        virtual void routerClosed(StreamRouter &router, const Error &reason) = 0;
    };

    StreamRouter(PeerChannel &channel, Owner &owner)
        : m_channel(channel)
        , m_owner(owner)
    {
    }
    ~StreamRouter() override { tellLost(); }

    PeerChannel &channel() { return m_channel; }
    bool isClosed() const { return m_closed; }
    Result<StreamId> open(StreamUser *user);
    void setUser(StreamId stream, StreamUser *user); ///< null: what comes is dropped
    void finish(StreamId stream); ///< ends our direction; the stream is let go with both
    void reset(StreamId stream);
    /// The user is going. What it has finished still flows, the rest is reset.
    void leave(StreamUser *user);
    /// The user goes on elsewhere: all its streams are reset.
    void desert(StreamUser *user);
    /// The channel is about to go: tells every user, once.
    void tellLost();
    bool hasStreams() const { return !m_users.empty() || !m_opening.empty(); }

    void streamData(StreamId stream, ByteView data, bool finished) override;
    void streamWritable(StreamId stream) override;
    void streamReset(StreamId stream) override;
    void channelClosed(const Error &reason) override;

private:
    struct Use {
        StreamUser *user = nullptr;
        bool weFinished = false;
        bool theyFinished = false;
    };
    void openingData(StreamId stream, ByteView data, bool finished);
    bool takeOpening(StreamId stream, ByteView &data, qsizetype upTo);
    void part(StreamUser *user, bool keepFinished);
    void letGo(StreamId stream);
    void letGoIfDone(StreamId stream);

    PeerChannel &m_channel;
    Owner &m_owner;
    std::set<StreamUser *> m_members; ///< everyone who refers to this router
    std::map<StreamId, Use> m_users;
    std::map<StreamId, QByteArray> m_opening; ///< new streams before their first frame
    std::set<StreamId> m_gone; ///< late bytes of these are dropped
    std::deque<StreamId> m_goneOrder;
    bool m_closed = false;
};

} // namespace postern
