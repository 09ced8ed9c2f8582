#include "rendezvous/sockets/listener.h"

#include "core/base/log.h"
#include "rendezvous/sockets/socket_address.h"

#include <QCoreApplication>

#include <asio/ip/v6_only.hpp>

namespace postern::rendezvous {

namespace {
constexpr auto PAUSE_WITHOUT_DESCRIPTORS = std::chrono::milliseconds(100);
}

Result<Endpoint> Listener::listen(const Endpoint &at)
{
    const auto where = toAsio<asio::ip::tcp>(at);
    asio::error_code failed;
    m_acceptor.open(where.protocol(), failed);
    if (!failed)
        m_acceptor.set_option(asio::socket_base::reuse_address(true), failed);
    if (!failed && !at.address.isV4())
        m_acceptor.set_option(asio::ip::v6_only(false), failed);
    if (!failed)
        m_acceptor.bind(where, failed);
    if (!failed)
        m_acceptor.listen(4096, failed);
    if (failed)
        return Error{ErrorCode::Unavailable,
                     QCoreApplication::translate("Listen",
                                                 "Can't listen on %1 (%2); choose another with "
                                                 "--listen, or stop what uses it.")
                         .arg(at.toString(), QString::fromStdString(failed.message()))};
    acceptNext();
    return Endpoint{at.address, m_acceptor.local_endpoint().port()};
}

void Listener::close()
{
    asio::error_code ignored;
    m_acceptor.close(ignored);
    m_pause.cancel();
}

void Listener::acceptNext()
{
    m_acceptor.async_accept([this](const asio::error_code &failed, asio::ip::tcp::socket socket) {
        if (failed == asio::error::operation_aborted)
            return;
        if (!failed) {
            m_accepted(std::move(socket));
            return acceptNext();
        }
        // Out of descriptors, mostly: trying again at once would only spin.
        qCWarning(logRendezvous) << "accept failed:" << failed.message().c_str();
        m_pause.expires_after(PAUSE_WITHOUT_DESCRIPTORS);
        m_pause.async_wait([this](const asio::error_code &cancelled) {
            if (!cancelled)
                acceptNext();
        });
    });
}

} // namespace postern::rendezvous
