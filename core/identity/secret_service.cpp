#include "core/identity/secret_service.h"

#ifdef POSTERN_SECRET_SERVICE
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusObjectPath>
#include <QDBusPendingCallWatcher>
#include <QDBusVariant>
#endif

namespace postern {

#ifdef POSTERN_SECRET_SERVICE

namespace {

constexpr QLatin1String SERVICE("org.freedesktop.secrets");
constexpr QLatin1String BUS("org.freedesktop.DBus");

/// On Plasma QtKeychain talks to KWallet, which this service says nothing about.
bool isPlasma() { return qEnvironmentVariableIsSet("KDE_FULL_SESSION"); }

SecretServiceState stateOf(const QDBusError &error)
{
    switch (error.type()) {
    case QDBusError::NoReply:
    case QDBusError::Timeout:
    case QDBusError::TimedOut: return SecretServiceState::Silent;
    case QDBusError::Disconnected:
    case QDBusError::NoServer: return SecretServiceState::NoBus;
    default: return SecretServiceState::Missing;
    }
}

/// The three questions, one after the other; deletes itself with the answer.
class Inquiry : public QObject {
public:
    Inquiry(QObject *context, std::chrono::milliseconds patience,
            std::function<void(SecretServiceState)> done)
        : QObject(context)
        , m_bus(QDBusConnection::sessionBus())
        , m_patience(patience)
        , m_done(std::move(done))
    {
    }

    void start()
    {
        if (isPlasma())
            return answer(SecretServiceState::Unknown);
        if (!m_bus.isConnected())
            return answer(SecretServiceState::NoBus);
        auto call = QDBusMessage::createMethodCall(BUS, QStringLiteral("/org/freedesktop/DBus"),
                                                   BUS, QStringLiteral("StartServiceByName"));
        call << QString(SERVICE) << 0U;
        ask(call, [this](const QDBusMessage &) { askDefaultCollection(); });
    }

private:
    void askDefaultCollection()
    {
        auto call = QDBusMessage::createMethodCall(
            SERVICE, QStringLiteral("/org/freedesktop/secrets"),
            QStringLiteral("org.freedesktop.Secret.Service"), QStringLiteral("ReadAlias"));
        call << QStringLiteral("default");
        ask(call, [this](const QDBusMessage &reply) {
            const auto path = reply.arguments().value(0).value<QDBusObjectPath>().path();
            if (path.isEmpty() || path == QStringLiteral("/"))
                answer(SecretServiceState::Ready); // no collection yet: nothing is locked
            else
                askLocked(path);
        });
    }

    void askLocked(const QString &collection)
    {
        auto call = QDBusMessage::createMethodCall(
            SERVICE, collection, QStringLiteral("org.freedesktop.DBus.Properties"),
            QStringLiteral("Get"));
        call << QStringLiteral("org.freedesktop.Secret.Collection") << QStringLiteral("Locked");
        ask(call, [this](const QDBusMessage &reply) {
            const auto locked = reply.arguments().value(0).value<QDBusVariant>().variant();
            answer(locked.toBool() ? SecretServiceState::Locked : SecretServiceState::Ready);
        });
    }

    template<typename Next> void ask(const QDBusMessage &call, Next next)
    {
        auto *watcher = new QDBusPendingCallWatcher(
            m_bus.asyncCall(call, static_cast<int>(m_patience.count())), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, next] {
            if (watcher->isError())
                answer(stateOf(watcher->error()));
            else
                next(watcher->reply());
        });
    }

    void answer(SecretServiceState state)
    {
        deleteLater();
        m_done(state);
    }

    QDBusConnection m_bus;
    std::chrono::milliseconds m_patience;
    std::function<void(SecretServiceState)> m_done;
};

} // namespace

void askSecretService(QObject *context, std::chrono::milliseconds patience,
                      std::function<void(SecretServiceState)> done)
{
    auto *inquiry = new Inquiry(context, patience, std::move(done));
    QMetaObject::invokeMethod(
        inquiry, [inquiry] { inquiry->start(); }, Qt::QueuedConnection);
}

#else

void askSecretService(QObject *context, std::chrono::milliseconds,
                      std::function<void(SecretServiceState)> done)
{
    QMetaObject::invokeMethod(
        context, [done = std::move(done)] { done(SecretServiceState::Unknown); },
        Qt::QueuedConnection);
}

#endif

} // namespace postern
