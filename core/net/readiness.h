#pragma once
// Tells when a socket can be read or written: a QSocketNotifier that may be destroyed
// from inside its own call. Thread: one with an event loop.

#include "core/net/platform_socket.h"

#include <QSocketNotifier>

#include <functional>
#include <memory>

namespace postern::net {

class Readiness {
public:
    enum class Kind { Read, Write };

    Readiness(SocketHandle socket, Kind kind, std::function<void()> ready)
        : m_notifier(new QSocketNotifier(static_cast<qintptr>(socket),
                                         kind == Kind::Read ? QSocketNotifier::Read
                                                            : QSocketNotifier::Write))
    {
        QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                         std::move(ready));
    }

    void setEnabled(bool enabled)
    {
        if (m_notifier->isEnabled() != enabled)
            m_notifier->setEnabled(enabled);
    }

private:
    struct DeleteLater {
        void operator()(QSocketNotifier *notifier) const
        {
            notifier->setEnabled(false);
            notifier->deleteLater();
        }
    };
    std::unique_ptr<QSocketNotifier, DeleteLater> m_notifier;
};

} // namespace postern::net
