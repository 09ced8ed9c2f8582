#pragma once
// Settings, each kept the moment it is changed. Thread: GUI.

#include "app/gui/settings.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QVBoxLayout;

namespace postern::gui {

class ElidedLabel;
class RateField;

class SettingsPage : public QWidget {
    Q_OBJECT

public:
    SettingsPage(Theme &theme, Settings &settings, QWidget *parent = nullptr);

    void present(const SessionInfo &session);
    /// What measuring found, or why it could not.
    void present(const Result<NetworkInfo> &network);
    void setTrayAvailable(bool available);
    void setDownloadFolder(const QString &folder);
    RateField *uploadField() const { return m_up; }
    RateField *downloadField() const { return m_down; }
    QCheckBox *yieldsBox() const { return m_yields; }

signals:
    void closed();
    void signOutWanted();
    void chooseFolderWanted();
    void measureWanted();
    void receivingChanged(); ///< folder or policy
    void limitsChanged(const postern::RateLimits &limits);

private:
    QWidget *makeAccount();
    QWidget *makeReceiving();
    QWidget *makeSpeed();
    QWidget *makeNetwork();
    QWidget *makeLook();
    void keepLimits();

    Theme &m_theme;
    Settings &m_settings;
    ElidedLabel *m_account = nullptr;
    ElidedLabel *m_server = nullptr;
    ElidedLabel *m_folder = nullptr;
    QLineEdit *m_deviceName = nullptr;
    QComboBox *m_policy = nullptr;
    RateField *m_up = nullptr;
    RateField *m_down = nullptr;
    QCheckBox *m_yields = nullptr;
    QSpinBox *m_port = nullptr;
    QCheckBox *m_portmap = nullptr;
    QPushButton *m_measure = nullptr;
    QLabel *m_network = nullptr;
    QComboBox *m_look = nullptr;
    QCheckBox *m_tray = nullptr;
};

} // namespace postern::gui
