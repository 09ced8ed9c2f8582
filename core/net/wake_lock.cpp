#include "core/net/wake_lock.h"

#include "core/base/log.h"

#if defined(POSTERN_LOGIND)
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusUnixFileDescriptor>
#elif defined(Q_OS_WIN)
#include <windows.h>
#elif defined(Q_OS_MACOS)
#include <IOKit/pwr_mgt/IOPMLib.h>
#endif

namespace postern::net {

#if defined(POSTERN_LOGIND)

/// The lock lasts as long as the descriptor that logind hands out is open. An answer that comes
/// when nobody waits any more is dropped by QtDBus, which closes the descriptor in it.
class WakeLock::Hold : public QObject {
public:
    explicit Hold(const QString &why)
        : m_bus(QDBusConnection::systemBus())
        , m_why(why)
    {
        ask(QStringLiteral("sleep:idle"));
    }

private:
    void ask(const QString &what)
    {
        auto call = QDBusMessage::createMethodCall(
            QStringLiteral("org.freedesktop.login1"), QStringLiteral("/org/freedesktop/login1"),
            QStringLiteral("org.freedesktop.login1.Manager"), QStringLiteral("Inhibit"));
        call << what << QStringLiteral("Postern") << m_why << QStringLiteral("block");
        call.setAutoStartService(false); // who has no logind does not want one for this
        auto *watcher = new QDBusPendingCallWatcher(m_bus.asyncCall(call), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this,
                [this, watcher, what] { answered(*watcher, what); });
    }

    void answered(QDBusPendingCallWatcher &watcher, const QString &what)
    {
        watcher.deleteLater();
        const QDBusPendingReply<QDBusUnixFileDescriptor> reply = watcher;
        if (reply.isValid())
            m_lock = reply.value();
        else if (what != QLatin1String("idle") && reply.error().type() == QDBusError::AccessDenied)
            ask(QStringLiteral("idle")); // all that a session without a seat may
        else
            qCInfo(logNet) << "the system may go to sleep:" << reply.error().message();
    }

    QDBusConnection m_bus;
    QString m_why;
    QDBusUnixFileDescriptor m_lock;
};

#elif defined(Q_OS_WIN)

/// Holds for the thread that asked, which is the engine's and lives as long as any transfer.
class WakeLock::Hold {
public:
    explicit Hold(const QString &)
    {
        if (SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) == 0)
            qCInfo(logNet) << "the system may go to sleep";
    }
    ~Hold() { SetThreadExecutionState(ES_CONTINUOUS); }
};

#elif defined(Q_OS_MACOS)

class WakeLock::Hold {
public:
    explicit Hold(const QString &why)
    {
        CFStringRef reason = why.toCFString();
        m_held = IOPMAssertionCreateWithName(kIOPMAssertionTypePreventUserIdleSystemSleep,
                                             kIOPMAssertionLevelOn, reason, &m_assertion)
            == kIOReturnSuccess;
        CFRelease(reason);
        if (!m_held)
            qCInfo(logNet) << "the system may go to sleep";
    }
    ~Hold()
    {
        if (m_held)
            IOPMAssertionRelease(m_assertion);
    }

private:
    IOPMAssertionID m_assertion = kIOPMNullAssertionID;
    bool m_held = false;
};

#else

class WakeLock::Hold {
public:
    explicit Hold(const QString &) { qCInfo(logNet) << "the system may go to sleep"; }
};

#endif

WakeLock::WakeLock(const QString &why)
    : m_hold(std::make_unique<Hold>(why))
{
}

WakeLock::~WakeLock() = default;

} // namespace postern::net
