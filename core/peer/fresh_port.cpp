#include "core/peer/fresh_port.h"

#include "core/base/log.h"
#include "core/peer/kept_path.h"

namespace postern {

std::shared_ptr<FreshPort> FreshPort::open()
{
    auto port = openLocalPort(0);
    if (!port) {
        qCDebug(logPeer) << "No port of its own for a connection:" << port.error().message;
        return nullptr;
    }
    port->tcpV4.reset(); // nobody is told of them
    port->tcpV6.reset();
    return std::shared_ptr<FreshPort>(new FreshPort(std::move(*port)));
}

FreshPort::FreshPort(LocalPort port)
    : m_port(std::move(port))
{
    for (auto *socket : {m_port.udpV4.get(), m_port.udpV6.get()})
        if (socket)
            m_door.watch(*socket);
}

FreshPort::~FreshPort() = default;

void FreshPort::ask(const Endpoint &stunServer, Duration patience, std::function<void()> done)
{
    m_question.emplace(m_door, stunServer, patience,
                       [this, done = std::move(done)](const Endpoint &mapped) {
                           m_mapped = mapped;
                           m_question.reset();
                           done();
                       });
}

Result<std::unique_ptr<DatagramPath>> FreshPort::openPath(const Endpoint &remote)
{
    return keeping(shared_from_this(), m_door.openPath(remote));
}

} // namespace postern
