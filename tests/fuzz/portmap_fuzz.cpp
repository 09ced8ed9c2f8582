// Everything that a router or a neighbour who calls itself one may say: answers of PCP and
// NAT-PMP, of the search, HTTP responses and the XML in them. The first byte chooses.

#include "core/portmap/gateway_machine.h"
#include "core/portmap/igd_machine.h"

using namespace postern;
using namespace postern::portmap;

namespace {

void talkToMachines(ByteView bytes, bool pcp)
{
    const Endpoint gateway{IpAddress::v4(192, 168, 1, 1), GATEWAY_PORT};
    const Instant now{};
    GatewayMachine machine(pcp ? makePcp(IpAddress::v4(192, 168, 1, 2), seededRandom(1))
                               : makeNatPmp(),
                           gateway, 47100, now);
    for (Instant at = now; at < now + 10s; at += 1s) {
        while (machine.pollTransmit(at)) { }
        machine.handleDatagram(at, gateway, bytes);
        machine.map(at);
        machine.handleTimeout(at);
    }
    machine.remove(now + 10s);
}

void findDevice(ByteView bytes)
{
    const Endpoint from{IpAddress::v4(192, 168, 1, 1), SSDP_PORT};
    IgdMachine machine({from.address, IpAddress::v4(192, 168, 1, 2), 24, 47100}, seededRandom(1),
                       {});
    machine.handleDatagram({}, from, bytes);
    while (const auto exchange = machine.pollExchange())
        machine.handleResponse({}, exchange->number, std::nullopt);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size == 0)
        return 0;
    const ByteView bytes(data + 1, size - 1);
    const HttpUrl from{{IpAddress::v4(192, 168, 1, 1), 80}, "/"};
    switch (data[0] % 5) {
    case 0: talkToMachines(bytes, true); break;
    case 1: talkToMachines(bytes, false); break;
    case 2: findDevice(bytes); break;
    case 3: {
        HttpReader reader;
        reader.feed(bytes.first(bytes.size() / 2));
        reader.feed(bytes.subspan(bytes.size() / 2));
        reader.finish();
        break;
    }
    default:
        (void)parseDescription(toByteArray(bytes), from);
        (void)parseAnswer({200, toByteArray(bytes)});
    }
    return 0;
}
