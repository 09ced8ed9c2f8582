#pragma once
// The two languages a gateway understands on UDP port 5351, PCP (RFC 6887) and its elder
// NAT-PMP (RFC 6886), as one: a question without effect that tells whether it answers, and
// one for a mapping. Codecs; no state but PCP's nonce. Values, any thread.

#include "core/base/random.h"
#include "core/portmap/mapping_method.h"

#include <array>
#include <memory>

namespace postern::portmap {

inline constexpr std::uint16_t GATEWAY_PORT = 5351; ///< RFC 6887 section 19.1

struct MapRequest {
    Transport transport = Transport::Tcp;
    std::uint16_t internalPort = 0;
    std::uint16_t externalPort = 0; ///< wished for, or held
    IpAddress external; ///< held; unspecified: any
    std::chrono::seconds lifetime{}; ///< 0 takes the mapping back
};

struct GatewayAnswer {
    std::optional<Transport> transport; ///< nothing: it answers the probe
    bool granted = false;
    std::uint32_t epochSeconds = 0; ///< the gateway's clock: jumps back when it forgot all
    IpAddress external; ///< unspecified where the answer does not tell
    std::uint16_t internalPort = 0;
    std::uint16_t externalPort = 0;
    std::chrono::seconds lifetime{};
};

class GatewayDialect {
public:
    virtual ~GatewayDialect() = default;
    virtual Method method() const = 0;
    virtual QByteArray probe() const = 0;
    virtual QByteArray map(const MapRequest &request) const = 0;
    /// Nothing for bytes that are no answer of this dialect to us.
    virtual std::optional<GatewayAnswer> parse(ByteView bytes) const = 0;
};

/// `client` is our address as the gateway sees it: PCP names it and refuses any other.
std::unique_ptr<GatewayDialect> makePcp(const IpAddress &client, const RandomSource &random);
std::unique_ptr<GatewayDialect> makeNatPmp();

} // namespace postern::portmap
