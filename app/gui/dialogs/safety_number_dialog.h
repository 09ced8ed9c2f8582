#pragma once
// The safety number of a contact, to compare over the telephone or side by side; and the
// decision where a device's key is new or has changed. Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QBoxLayout;

namespace postern::gui {

class Theme;

class SafetyNumberDialog : public QDialog {
    Q_OBJECT

public:
    SafetyNumberDialog(const Theme &theme, const ContactInfo &contact, QWidget *parent = nullptr);

signals:
    void verifyWanted(const QString &contact);
    void trustWanted(const QString &contact, const postern::DeviceId &device);

private:
    void addExplanation(const Theme &theme, QBoxLayout *layout);
    QWidget *makeNumber();
    QLayout *makeButtons();

    ContactInfo m_contact;
    std::optional<DeviceInfo> m_undecided; ///< the device the person is asked about
};

/// 60 digits as four columns of three rows of five.
QString groupedDigits(const QString &safetyNumber);

} // namespace postern::gui
