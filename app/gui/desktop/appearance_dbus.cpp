#include "app/gui/desktop/appearance.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusVariant>

namespace postern::gui {

namespace {

// The XDG Desktop Portal's Settings interface: Qt before 6.5 does not ask it itself.
const auto SERVICE = QStringLiteral("org.freedesktop.portal.Desktop");
const auto PATH = QStringLiteral("/org/freedesktop/portal/desktop");
const auto INTERFACE = QStringLiteral("org.freedesktop.portal.Settings");
const auto NAMESPACE = QStringLiteral("org.freedesktop.appearance");
const auto KEY = QStringLiteral("color-scheme");
constexpr uint PREFERS_DARK = 1;

class PortalWatcher : public QObject {
    Q_OBJECT

public:
    explicit PortalWatcher(std::function<void(bool)> prefersDark)
        : m_prefersDark(std::move(prefersDark))
    {
        // With no bus in sight Qt would start one, and wait for it.
        if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS"))
            return;
        auto bus = QDBusConnection::sessionBus();
        if (!bus.isConnected())
            return;
        bus.connect(SERVICE, PATH, INTERFACE, QStringLiteral("SettingChanged"), this,
                    SLOT(settingChanged(QString, QString, QDBusVariant)));
        auto call =
            QDBusMessage::createMethodCall(SERVICE, PATH, INTERFACE, QStringLiteral("Read"));
        call << NAMESPACE << KEY;
        auto *watcher = new QDBusPendingCallWatcher(bus.asyncCall(call), this);
        connect(watcher, &QDBusPendingCallWatcher::finished, this, [this, watcher] {
            watcher->deleteLater();
            const auto reply = watcher->reply();
            if (reply.type() == QDBusMessage::ReplyMessage && !reply.arguments().isEmpty())
                tell(reply.arguments().first());
        });
    }

private slots:
    void settingChanged(const QString &space, const QString &key, const QDBusVariant &value)
    {
        if (space == NAMESPACE && key == KEY)
            tell(value.variant());
    }

private:
    void tell(QVariant value)
    {
        // Read answers with a variant inside a variant.
        while (value.canConvert<QDBusVariant>())
            value = value.value<QDBusVariant>().variant();
        m_prefersDark(value.toUInt() == PREFERS_DARK);
    }

    std::function<void(bool)> m_prefersDark;
};

} // namespace

std::unique_ptr<QObject> watchAppearance(std::function<void(bool dark)> prefersDark)
{
    return std::make_unique<PortalWatcher>(std::move(prefersDark));
}

} // namespace postern::gui

#include "appearance_dbus.moc"
