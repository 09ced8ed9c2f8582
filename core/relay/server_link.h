#pragma once
// One connection to a TURN server, as the client sees it: UDP (udp_link.h), TCP or TLS
// (stream_link.h). Carries whole messages; knows nothing of what they mean.
//
// Handlers run on the event loop, never from inside a call, and may destroy the link. Thread:
// one with an event loop.

#include "core/net/datagram_io.h"

#include <functional>
#include <memory>

namespace postern::relay {

class ServerLink {
public:
    struct Handlers {
        std::function<void()> opened; ///< once: messages can be sent
        /// STUN messages and ChannelData in order of arrival; valid during the call.
        std::function<void(std::span<const ByteView>)> received;
        std::function<void()> writable; ///< after WouldBlock
        std::function<void(const Error &)> failed; ///< once; nothing comes after it
    };
    /// What is sent to a channel: data, or a run of it cut as SendOptions::segmentSize says.
    struct ChannelRun {
        std::uint16_t channel = 0;
        ByteView data;
        SendOptions options; ///< segmentSize and ecn
    };

    virtual ~ServerLink() = default;

    virtual Endpoint server() const = 0; ///< known once opened
    virtual bool isReliable() const = 0; ///< a stream: TCP or TLS

    /// One message. Lost if there is no room, as a datagram would be.
    virtual SendStatus send(ByteView message) = 0;
    /// `sent` counts payload bytes.
    virtual SendResult sendChannel(const ChannelRun &run) = 0;
};

} // namespace postern::relay
