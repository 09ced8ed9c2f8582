#pragma once
// A transfer as its link sees it. Channels come and go beneath a transfer; the link tells
// when. Engine thread.

#include "core/transfer/stream_router.h"

namespace postern {

class LinkMember : public StreamUser {
public:
    /// Begin, or go on, over this channel. A channel used before is left at once, even if it
    /// still lives.
    virtual void attach(StreamRouter &router) = 0;
    virtual bool isAttached() const = 0;
    /// No channel will come any more; the link must not be used any more either.
    virtual void linkEnded(const Error &reason) = 0;
};

/// The transfers of a link that have not ended: the part of a TransferLink that they know.
class LinkMembers {
public:
    virtual ~LinkMembers() = default;
    virtual void enroll(LinkMember &member) = 0; ///< attached at once where there is a channel
    virtual void dismiss(LinkMember &member) = 0;
};

} // namespace postern
