#include "app/gui/desktop/notifier.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QHash>

namespace postern::gui {

namespace {

const auto SERVICE = QStringLiteral("org.freedesktop.Notifications");
const auto PATH = QStringLiteral("/org/freedesktop/Notifications");
const auto ACCEPT = QStringLiteral("accept");
const auto DECLINE = QStringLiteral("decline");

/// The Desktop Notifications Specification 1.2, asked without ever waiting.
class DbusNotifier : public DesktopNotifier {
    Q_OBJECT

public:
    void tell(const OfferInfo &offer) override
    {
        if (!listen())
            return;
        const auto words = wordsFor(offer);
        const QStringList actions{
            QStringLiteral("default"), tr("Show"), ACCEPT, tr("Accept"), DECLINE, tr("Decline")};
        auto *watcher = notify(words.summary, words.body, actions);
        connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher, id = offer.id] {
            watcher->deleteLater();
            const QDBusPendingReply<uint> reply = *watcher;
            if (reply.isError())
                return;
            if (m_withdrawn.remove(id))
                close(reply.value());
            else
                m_shown.insert(reply.value(), id);
            m_asked.remove(id);
        });
        m_asked.insert(offer.id);
    }

    void say(const Notice &notice) override
    {
        if (!listen())
            return;
        auto *watcher =
            notify(notice.summary, notice.body, {QStringLiteral("default"), tr("Show")});
        connect(watcher, &QDBusPendingCallWatcher::finished, this,
                [this, watcher, contact = notice.contact] {
                    watcher->deleteLater();
                    const QDBusPendingReply<uint> reply = *watcher;
                    if (!reply.isError())
                        m_notices.insert(reply.value(), contact);
                });
    }

    void withdraw(const TransferId &id) override
    {
        if (m_asked.contains(id)) {
            m_withdrawn.insert(id); // its number is not known yet
            return;
        }
        const auto number = m_shown.key(id, 0);
        if (number != 0) {
            m_shown.remove(number);
            close(number);
        }
    }

private slots:
    void actionInvoked(uint number, const QString &action)
    {
        if (const auto notice = m_notices.constFind(number); notice != m_notices.constEnd()) {
            emit noticeOpened(*notice);
            return;
        }
        const auto found = m_shown.constFind(number);
        if (found == m_shown.constEnd())
            return;
        const auto id = *found;
        if (action == ACCEPT)
            emit accepted(id);
        else if (action == DECLINE)
            emit declined(id);
        else
            emit opened(id);
    }

    void notificationClosed(uint number, uint)
    {
        m_shown.remove(number);
        m_notices.remove(number);
    }

private:
    bool listen()
    {
        // With no bus in sight Qt would start one, and wait for it.
        if (m_listening)
            return true;
        if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")
            && qEnvironmentVariableIsEmpty("XDG_RUNTIME_DIR"))
            return false;
        auto bus = QDBusConnection::sessionBus();
        m_listening = bus.isConnected()
            && bus.connect(SERVICE, PATH, SERVICE, QStringLiteral("ActionInvoked"), this,
                           SLOT(actionInvoked(uint, QString)))
            && bus.connect(SERVICE, PATH, SERVICE, QStringLiteral("NotificationClosed"), this,
                           SLOT(notificationClosed(uint, uint)));
        return m_listening;
    }

    QDBusPendingCallWatcher *notify(const QString &summary, const QString &body,
                                    const QStringList &actions)
    {
        auto call =
            QDBusMessage::createMethodCall(SERVICE, PATH, SERVICE, QStringLiteral("Notify"));
        // Servers may read the body as markup, so it is escaped; the summary is plain.
        call << QStringLiteral("Postern") << 0U << QStringLiteral("postern") << summary
             << body.toHtmlEscaped() << actions
             << QVariantMap{{QStringLiteral("desktop-entry"), QStringLiteral("postern")},
                            {QStringLiteral("category"), QStringLiteral("transfer")}}
             << -1;
        return new QDBusPendingCallWatcher(QDBusConnection::sessionBus().asyncCall(call), this);
    }

    void close(uint number)
    {
        auto call = QDBusMessage::createMethodCall(SERVICE, PATH, SERVICE,
                                                   QStringLiteral("CloseNotification"));
        call << number;
        QDBusConnection::sessionBus().asyncCall(call);
    }

    bool m_listening = false;
    QHash<uint, TransferId> m_shown;
    QHash<uint, QString> m_notices; ///< whom each is about
    QSet<TransferId> m_asked;
    QSet<TransferId> m_withdrawn;
};

} // namespace

std::unique_ptr<DesktopNotifier> createDesktopNotifier()
{
    return std::make_unique<DbusNotifier>();
}

} // namespace postern::gui

#include "notifier_dbus.moc"
