#pragma once
// The right pane: one contact, what can be done with it, and the transfers with it.
// Files may be dropped anywhere on it. Thread: GUI.

#include "app/gui/models/transfer_model.h"
#include "app/gui/widgets/drop_area.h"

#include <optional>

class QLabel;
class QPushButton;
class QStackedWidget;
class QToolButton;

namespace postern::gui {

class ElidedLabel;
class EmptyState;
class MessageStrip;
class Theme;
class TransferList;

class ContactPage : public DropArea {
    Q_OBJECT

public:
    ContactPage(const Theme &theme, TransferModel &transfers, QWidget *parent = nullptr);

    /// Shows this contact; std::nullopt for none chosen. `recipients`: the titles of
    /// those who get what is sent from here, where several are selected.
    void present(const std::optional<ContactInfo> &contact, const QStringList &recipients = {});
    /// What is told where no contact is chosen.
    enum class Others { None, Offline, Online };
    void setOthers(Others others);

    TransferList *transferList() const { return m_list; }
    EmptyState *emptyState() const { return m_empty; }
    MessageStrip *strip() const { return m_strip; }
    QPushButton *sendFilesButton() const { return m_sendFiles; }

signals:
    void sendFilesWanted();
    void sendFolderWanted();
    void sendTextWanted();
    void sendToSeveralWanted();
    void sendToDeviceWanted(const postern::DeviceId &device);
    void acceptWanted(const QString &contact);
    void refuseWanted(const QString &contact);
    void safetyNumberWanted(const QString &contact);
    void decisionWanted(const QString &contact); ///< a device's key is new or has changed
    void ruleWanted(const QString &contact); ///< what is done with what they send
    void historyWanted(const QString &contact);
    void removeWanted(const QString &contact);
    void blockWanted(const QString &contact);
    void unblockWanted(const QString &contact);
    void revokeWanted(const postern::DeviceId &device, const QString &name);
    void clearWanted(const QString &contact);

private:
    QWidget *makeHeader(const Theme &theme);
    QWidget *makeListHeader();
    void refresh();
    void refreshStrip();
    void refreshBody();
    QString menuLabel(const QString &foreign) const;
    void showMenu();
    void stripAnswered(bool first);

    TransferModel &m_model;
    ContactTransfers m_transfers;
    std::optional<ContactInfo> m_contact;
    QStringList m_recipients; ///< several, or empty
    Others m_others = Others::None;

    QWidget *m_header = nullptr;
    ElidedLabel *m_name = nullptr;
    ElidedLabel *m_presence = nullptr;
    QPushButton *m_sendFiles = nullptr;
    QPushButton *m_sendFolder = nullptr;
    QToolButton *m_sendText = nullptr;
    QToolButton *m_shield = nullptr;
    QToolButton *m_more = nullptr;
    MessageStrip *m_strip;
    QWidget *m_listHeader = nullptr;
    QPushButton *m_clear = nullptr;
    QStackedWidget *m_body;
    TransferList *m_list;
    EmptyState *m_empty;
};

} // namespace postern::gui
