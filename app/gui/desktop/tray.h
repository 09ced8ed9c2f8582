#pragma once
// The icon in the desktop's tray, where there is one. Thread: GUI.

#include <QObject>

#include <memory>

class QMenu;
class QSystemTrayIcon;

namespace postern::gui {

class Tray : public QObject {
    Q_OBJECT

public:
    explicit Tray(QObject *parent = nullptr);
    ~Tray() override;

    bool available() const;
    /// One line for the tool tip, such as how many transfers run.
    void setStatus(const QString &status);

signals:
    void openWanted();
    void quitWanted();

private:
    std::unique_ptr<QMenu> m_menu;
    std::unique_ptr<QSystemTrayIcon> m_icon;
};

} // namespace postern::gui
