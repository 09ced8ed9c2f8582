#pragma once
// What people do with contacts, from intent to the engine and back with what went wrong.
// Thread: GUI.

#include "core/engine.h"

namespace postern::gui {

class ContactModel;
class Theme;

class ContactFlow : public QObject {
    Q_OBJECT

public:
    ContactFlow(Engine &engine, const ContactModel &contacts, const Theme &theme, QWidget *window);

    void add();
    void accept(const QString &contact);
    void refuse(const QString &contact);
    void remove(const QString &contact);
    void block(const QString &contact);
    /// Takes the block away; to be contacts again, one of them asks the other.
    void unblock(const QString &contact);
    /// Signs one of one's own devices out for good.
    void revoke(const DeviceId &device, const QString &name);
    /// The safety number, and the decision where a key is new or changed.
    /// What is done with what the contact sends; `usual` is what happens without a rule.
    void editRule(const QString &contact, const ReceiveOptions &usual);
    void showSafetyNumber(const QString &contact);

signals:
    void failed(const QString &sentence);

private:
    Engine::Done reporting();

    Engine &m_engine;
    const ContactModel &m_contacts;
    const Theme &m_theme;
    QWidget *m_window;
};

} // namespace postern::gui
