// What a hostile server may send to a client that trusts it enough to sign in. Whatever it is,
// the contacts stay within their bounds and honest, and the machine can always go on.

#include "core/signalling/session_machine.h"
#include "core/wire/frame.h"

#include <QCryptographicHash>

#include <cstdlib>

using namespace postern;

static void check(bool holds)
{
    if (!holds)
        std::abort();
}

/// Signed in, with every answer that the machine waits for given.
static void bringOnline(SessionMachine &machine, Instant now)
{
    machine.connected(now, {QByteArray(32, 's'), IpAddress::v4(192, 0, 2, 1)});
    wire::ServerHello hello;
    hello.challenge = QByteArray(32, 'c');
    machine.received(now, wire::encode(hello));
    for (const auto &output : machine.takeOutputs()) {
        const auto *transmit = std::get_if<session_output::Transmit>(&output);
        if (!transmit)
            continue;
        const auto message = wire::decode<wire::ClientMessage>(transmit->payload);
        if (const auto *signIn = std::get_if<wire::SignIn>(&*message))
            machine.received(now, wire::encode(wire::SignedIn{signIn->request, "alice", {}}));
    }
    check(machine.status().state == LinkState::Online);
}

static void checkContacts(const ContactBook &contacts)
{
    const auto all = contacts.all();
    check(all.size() <= wire::CONTACTS_LIMIT.most);
    for (const Contact &contact : all) {
        check(!contact.name.isEmpty() && contact.devices.size() <= wire::DEVICES_LIMIT.most);
        for (const ContactDevice &device : contact.devices)
            check(QCryptographicHash::hash(device.publicKey, QCryptographicHash::Sha256)
                      == device.id.toByteArray()
                  && (device.online || !device.receiving));
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    Instant now{};
    SessionMachine machine(seededRandom(1));
    SignInOrder order;
    order.user = QStringLiteral("alice");
    order.device = {"key", "laptop", [](const QByteArray &) { return QByteArray("signature"); }};
    machine.signIn(now, order);
    bringOnline(machine, now);

    FrameReader reader;
    reader.append(ByteView(data, size));
    for (;;) {
        const auto frame = reader.next();
        if (!frame || !*frame)
            break;
        machine.received(now, **frame);
        machine.takeOutputs();
        checkContacts(machine.contacts());
        if (machine.status().state == LinkState::Refused)
            break;
        while (machine.status().state == LinkState::Reconnecting) {
            now = std::max(now, machine.deadline());
            machine.advance(now);
            for (const auto &output : machine.takeOutputs()) {
                if (std::holds_alternative<session_output::OpenConnection>(output))
                    bringOnline(machine, now);
            }
        }
    }
    return 0;
}
