#pragma once
// What a person set, kept in the profile (postern.ini). Thread: GUI.

#include "app/gui/theme/theme.h"
#include "core/engine_types.h"

#include <QSettings>

namespace postern::gui {

class Settings {
public:
    explicit Settings(const QString &profile);

    QString downloadFolder() const;
    void setDownloadFolder(const QString &folder);
    AcceptPolicy acceptPolicy() const;
    void setAcceptPolicy(AcceptPolicy policy);
    RateLimits rateLimits() const;
    void setRateLimits(const RateLimits &limits);
    quint16 port() const;
    void setPort(quint16 port);
    bool mapsPort() const; ///< asks the router to pass the port on
    void setMapsPort(bool map);
    QString deviceName() const; ///< empty: the host's name
    void setDeviceName(const QString &name);
    ThemeChoice theme() const;
    void setTheme(ThemeChoice choice);
    bool keepsInTray() const; ///< closing the window leaves the program in the tray
    void setKeepsInTray(bool keep);

    QByteArray windowGeometry() const;
    QByteArray paneSizes() const;
    void rememberWindow(const QByteArray &geometry, const QByteArray &paneSizes);

private:
    QSettings m_store;
};

} // namespace postern::gui
