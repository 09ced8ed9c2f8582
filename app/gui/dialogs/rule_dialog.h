#pragma once
// What is done with the things one contact sends: as for everybody, or a rule of its own.
// Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QButtonGroup;
class QDoubleSpinBox;
class QPushButton;

namespace postern::gui {

class ElidedLabel;

class RuleDialog : public QDialog {
    Q_OBJECT

public:
    /// `usual` is what happens without a rule.
    RuleDialog(const ContactInfo &contact, const ReceiveOptions &usual, QWidget *parent = nullptr);

    void setFolder(const QString &folder); ///< empty: the usual one
    QButtonGroup *choices() const { return m_choices; }
    QDoubleSpinBox *sizeField() const { return m_size; }
    QPushButton *saveButton() const { return m_save; }

    /// Ids of the choices: ContactRule::Take, or this one for no rule.
    static constexpr int USUAL = 100;

signals:
    void ruleWanted(const std::optional<postern::ContactRule> &rule);

private:
    QWidget *makeChoices();
    QWidget *makeFolder();
    void chooseFolder();
    void refresh();
    void save();

    ContactInfo m_contact;
    ReceiveOptions m_usual;
    QString m_into;
    QButtonGroup *m_choices = nullptr;
    QDoubleSpinBox *m_size = nullptr;
    QWidget *m_folderBox = nullptr;
    ElidedLabel *m_folder = nullptr;
    QPushButton *m_usualFolder = nullptr;
    QPushButton *m_save = nullptr;
};

} // namespace postern::gui
