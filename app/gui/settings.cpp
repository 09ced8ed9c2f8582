#include "app/gui/settings.h"

#include <QStandardPaths>

#include <algorithm>

namespace postern::gui {

namespace {
constexpr quint16 DEFAULT_PORT = 47100;
}

Settings::Settings(const QString &profile)
    : m_store(profile + QStringLiteral("/postern.ini"), QSettings::IniFormat)
{
}

QString Settings::downloadFolder() const
{
    return m_store
        .value("receive/folder", QStandardPaths::writableLocation(QStandardPaths::DownloadLocation))
        .toString();
}

void Settings::setDownloadFolder(const QString &folder)
{
    m_store.setValue("receive/folder", folder);
}

AcceptPolicy Settings::acceptPolicy() const
{
    const auto policy = m_store.value("receive/accept").toString();
    if (policy == QLatin1String("contacts"))
        return AcceptPolicy::Contacts;
    return policy == QLatin1String("none") ? AcceptPolicy::None : AcceptPolicy::Ask;
}

void Settings::setAcceptPolicy(AcceptPolicy policy)
{
    m_store.setValue("receive/accept",
                     policy == AcceptPolicy::Contacts   ? QStringLiteral("contacts")
                         : policy == AcceptPolicy::None ? QStringLiteral("none")
                                                        : QStringLiteral("ask"));
}

RateLimits Settings::rateLimits() const
{
    const auto rate = [this](const char *key) {
        return std::max<qint64>(0, m_store.value(QLatin1String(key)).toLongLong());
    };
    return {rate("speed/up"), rate("speed/down"), m_store.value("speed/yields", false).toBool()};
}

void Settings::setRateLimits(const RateLimits &limits)
{
    m_store.setValue("speed/up", limits.up);
    m_store.setValue("speed/down", limits.down);
    m_store.setValue("speed/yields", limits.yields);
}

quint16 Settings::port() const
{
    const int port = m_store.value("network/port", DEFAULT_PORT).toInt();
    return port >= 0 && port <= 65535 ? static_cast<quint16>(port) : DEFAULT_PORT;
}

void Settings::setPort(quint16 port) { m_store.setValue("network/port", port); }

bool Settings::mapsPort() const { return m_store.value("network/portmap", true).toBool(); }

void Settings::setMapsPort(bool map) { m_store.setValue("network/portmap", map); }

QString Settings::deviceName() const { return m_store.value("device/name").toString(); }

void Settings::setDeviceName(const QString &name) { m_store.setValue("device/name", name); }

ThemeChoice Settings::theme() const
{
    const auto theme = m_store.value("look/theme").toString();
    if (theme == QLatin1String("light"))
        return ThemeChoice::Light;
    return theme == QLatin1String("dark") ? ThemeChoice::Dark : ThemeChoice::System;
}

void Settings::setTheme(ThemeChoice choice)
{
    m_store.setValue("look/theme",
                     choice == ThemeChoice::Light      ? QStringLiteral("light")
                         : choice == ThemeChoice::Dark ? QStringLiteral("dark")
                                                       : QStringLiteral("system"));
}

bool Settings::keepsInTray() const { return m_store.value("window/tray", true).toBool(); }

void Settings::setKeepsInTray(bool keep) { m_store.setValue("window/tray", keep); }

QByteArray Settings::windowGeometry() const
{
    return m_store.value("window/geometry").toByteArray();
}

QByteArray Settings::paneSizes() const { return m_store.value("window/panes").toByteArray(); }

void Settings::rememberWindow(const QByteArray &geometry, const QByteArray &paneSizes)
{
    m_store.setValue("window/geometry", geometry);
    m_store.setValue("window/panes", paneSizes);
}

} // namespace postern::gui
