#pragma once
// The two panes: contacts on the left, the chosen contact on the right. Thread: GUI.

#include <QWidget>

class QPushButton;
class QSplitter;
class QStackedWidget;

namespace postern::gui {

class ContactList;
class ContactModel;
class ContactPage;
class EmptyState;
class MessageStrip;
class Theme;
class TransferModel;

class HomePage : public QWidget {
    Q_OBJECT

public:
    HomePage(const Theme &theme, ContactModel &contacts, TransferModel &transfers,
             QWidget *parent = nullptr);

    QString chosenContact() const;
    /// All that are selected and can be sent to.
    QStringList chosenContacts() const;
    void choose(const QString &contact);
    /// Brings the panes in line after the contacts changed.
    void refresh();
    /// A sentence over both panes that can be closed.
    void report(const QString &sentence);
    /// Offers that were put off; 0 takes the strip away.
    void setWaitingOffers(int count);

    ContactList *contactList() const { return m_list; }
    ContactPage *contactPage() const { return m_page; }
    EmptyState *emptyContacts() const { return m_noContacts; }
    MessageStrip *reportStrip() const { return m_report; }
    MessageStrip *offersStrip() const { return m_offers; }

    QByteArray paneSizes() const;
    void setPaneSizes(const QByteArray &sizes);

signals:
    void addContactWanted();
    void historyWanted();
    void settingsWanted();
    void reviewOffersWanted();
    void acceptWanted(const QString &contact);
    void refuseWanted(const QString &contact);

private:
    QWidget *makeSidebar();
    void selectionMoved();

    const Theme &m_theme;
    ContactModel &m_contacts;
    QSplitter *m_panes;
    QStackedWidget *m_left = nullptr;
    ContactList *m_list = nullptr;
    EmptyState *m_noContacts = nullptr;
    ContactPage *m_page;
    MessageStrip *m_report;
    MessageStrip *m_offers;
    QString m_chosen;
};

} // namespace postern::gui
