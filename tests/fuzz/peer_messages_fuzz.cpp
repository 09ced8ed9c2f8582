// What two peers say to each other, through the rendezvous and on the channel, as a hostile one
// says it: every message of signalling and of transfers. What decodes must encode to what decodes
// again; what was measured of a network, whatever it claims, must come to a plan within its limits.

#include "core/nat/pairing.h"
#include "core/peer/connect_messages.h"
#include "core/wire/transfer_messages.h"

#include <cstdlib>

using namespace postern;

template<typename Message> static std::optional<Message> decodeAndBack(const QByteArray &payload)
{
    const auto message = wire::decode<Message>(payload);
    if (!message)
        return std::nullopt;
    const QByteArray encoded = wire::encodeAny(*message);
    const auto again = wire::decode<Message>(encoded);
    if (!again || wire::encodeAny(*again) != encoded)
        std::abort();
    return *message;
}

static void checkShare(const nat::Share &share)
{
    if (share.sockets < 0 || share.sockets > nat::MOST_SOCKETS || share.probes < 0
        || share.probes > nat::MOST_PROBES || share.ports < 0 || share.ports > nat::MOST_PROBES
        || share.foreign < 0 || share.foreign > nat::MOST_PROBES || share.peer.size() < 1
        || share.leadIn > 5s || share.aimWidth < 1)
        std::abort();
}

static void plan(const nat::NetworkBehaviour &one, const nat::NetworkBehaviour &other)
{
    const auto planned = nat::planFor(one, other);
    if (planned.steps.isEmpty() || planned.halfRoundTrip > 5s
        || !(planned.directProbability >= 0 && planned.directProbability <= 1))
        std::abort();
    for (const auto &step : planned.steps) {
        checkShare(step.controlling);
        checkShare(step.controlled);
    }
    (void)nat::reasonFor(planned, true);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const QByteArray payload = toByteArray({data, size});
    if (const auto message = decodeAndBack<peer::ConnectMessage>(payload)) {
        const auto *offer = std::get_if<peer::ConnectOffer>(&*message);
        if (offer) {
            (void)punch::checkedOffer(offer->punch);
            plan(offer->network, offer->network);
            plan(offer->network, {});
        }
    }
    decodeAndBack<peer::HelloMessage>(payload);
    decodeAndBack<wire::TransferOpening>(payload);
    decodeAndBack<wire::FromSender>(payload);
    decodeAndBack<wire::FromReceiver>(payload);
    return 0;
}
