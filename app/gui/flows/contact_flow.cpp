#include "app/gui/flows/contact_flow.h"

#include "app/gui/dialogs/add_contact_dialog.h"
#include "app/gui/dialogs/question.h"
#include "app/gui/dialogs/rule_dialog.h"
#include "app/gui/dialogs/safety_number_dialog.h"
#include "app/gui/models/contact_model.h"
#include "app/gui/text/display_text.h"

#include <QPointer>
#include <QPushButton>

namespace postern::gui {

ContactFlow::ContactFlow(Engine &engine, const ContactModel &contacts, const Theme &theme,
                         QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_contacts(contacts)
    , m_theme(theme)
    , m_window(window)
{
}

Engine::Done ContactFlow::reporting()
{
    return [this](const Result<void> &result) {
        if (!result)
            emit failed(result.error().message);
    };
}

void ContactFlow::add()
{
    auto *dialog = new AddContactDialog(shortServer(m_engine.session().account.server), m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &AddContactDialog::addWanted, this, [this, dialog](const QString &name) {
        m_engine.addContact(name, dialog, [dialog](const Result<void> &result) {
            if (result)
                dialog->accept();
            else
                dialog->fail(result.error().message);
        });
    });
    dialog->open();
}

void ContactFlow::accept(const QString &contact)
{
    m_engine.acceptContact(contact, this, reporting());
}

void ContactFlow::refuse(const QString &contact)
{
    m_engine.refuseContact(contact, this, reporting());
}

void ContactFlow::remove(const QString &contact)
{
    auto *question = new Question(tr("Remove %1?").arg(quotable(contact)),
                                  tr("You no longer see when they are online, and neither of you "
                                     "can send the other anything."),
                                  m_window);
    question->addAnswer(tr("&Remove"), "danger",
                        [this, contact] { m_engine.removeContact(contact, this, reporting()); });
    question->addAnswer(tr("&Cancel"), "", {})->setFocus();
    question->open();
}

void ContactFlow::block(const QString &contact)
{
    auto *question = new Question(
        tr("Block %1?").arg(quotable(contact)),
        tr("They are removed, and no request or offer of theirs reaches you. They are not told."),
        m_window);
    question->addAnswer(tr("&Block"), "danger",
                        [this, contact] { m_engine.blockContact(contact, this, reporting()); });
    question->addAnswer(tr("&Cancel"), "", {})->setFocus();
    question->open();
}

void ContactFlow::unblock(const QString &contact)
{
    m_engine.removeContact(contact, this, reporting());
}

void ContactFlow::revoke(const DeviceId &device, const QString &name)
{
    auto *question = new Question(
        tr("Sign out %1?").arg(quotable(name)),
        tr("That device can no longer send or receive for you until someone signs in there with "
           "your password."),
        m_window);
    question->addAnswer(tr("&Sign out"), "danger",
                        [this, device] { m_engine.revokeOwnDevice(device, this, reporting()); });
    question->addAnswer(tr("&Cancel"), "", {})->setFocus();
    question->open();
}

void ContactFlow::editRule(const QString &contact, const ReceiveOptions &usual)
{
    const auto *known = m_contacts.find(contact);
    if (!known)
        return;
    auto *dialog = new RuleDialog(*known, usual, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &RuleDialog::ruleWanted, this,
            [this, contact](const std::optional<ContactRule> &rule) {
                m_engine.setContactRule(contact, rule, this, reporting());
            });
    dialog->open();
}

void ContactFlow::showSafetyNumber(const QString &contact)
{
    const auto *known = m_contacts.find(contact);
    if (!known)
        return;
    auto *dialog = new SafetyNumberDialog(m_theme, *known, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SafetyNumberDialog::verifyWanted, this,
            [this](const QString &name) { m_engine.markVerified(name, this, reporting()); });
    connect(dialog, &SafetyNumberDialog::trustWanted, this,
            [this](const QString &name, const DeviceId &device) {
                m_engine.trustDevice(name, device, this, reporting());
            });
    dialog->open();
}

} // namespace postern::gui
