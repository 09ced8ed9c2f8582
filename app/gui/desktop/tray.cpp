#include "app/gui/desktop/tray.h"

#include <QMenu>
#include <QSystemTrayIcon>

namespace postern::gui {

Tray::Tray(QObject *parent)
    : QObject(parent)
{
    if (!QSystemTrayIcon::isSystemTrayAvailable())
        return;
    m_menu = std::make_unique<QMenu>();
    m_menu->addAction(tr("&Open Postern"), this, &Tray::openWanted);
    m_menu->addSeparator();
    m_menu->addAction(tr("&Quit"), this, &Tray::quitWanted);
    m_icon = std::make_unique<QSystemTrayIcon>(QIcon(QStringLiteral(":/icons/postern.svg")));
    m_icon->setContextMenu(m_menu.get());
    m_icon->setToolTip(tr("Postern"));
    connect(m_icon.get(), &QSystemTrayIcon::activated, this,
            [this](QSystemTrayIcon::ActivationReason reason) {
                if (reason == QSystemTrayIcon::Trigger)
                    emit openWanted();
            });
    m_icon->show();
}

Tray::~Tray() = default;

bool Tray::available() const { return m_icon != nullptr; }

void Tray::setStatus(const QString &status)
{
    if (m_icon)
        m_icon->setToolTip(status);
}

} // namespace postern::gui
