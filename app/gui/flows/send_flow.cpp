#include "app/gui/flows/send_flow.h"

#include "app/gui/dialogs/recipients_dialog.h"
#include "app/gui/dialogs/send_text_dialog.h"
#include "app/gui/models/contact_model.h"
#include "app/gui/text/display_text.h"
#include "app/gui/widgets/dropped_files.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QMimeData>
#include <QStandardPaths>

namespace postern::gui {

SendFlow::SendFlow(Engine &engine, const ContactModel &contacts, QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_contacts(contacts)
    , m_window(window)
    , m_lastFolder(QStandardPaths::writableLocation(QStandardPaths::HomeLocation))
{
}

void SendFlow::chooseFiles(const QStringList &contacts, std::optional<DeviceId> device)
{
    if (!contacts.isEmpty())
        choose(false, [this, contacts, device](const QStringList &paths) {
            sendFiles(contacts, paths, device);
        });
}

void SendFlow::chooseFolder(const QStringList &contacts)
{
    if (!contacts.isEmpty())
        choose(true, [this, contacts](const QStringList &paths) { sendFiles(contacts, paths); });
}

void SendFlow::choose(bool folder, const std::function<void(const QStringList &)> &chosen)
{
    auto *dialog =
        new QFileDialog(m_window, folder ? tr("Send a folder") : tr("Send files"), m_lastFolder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFiles);
    dialog->setLabelText(QFileDialog::Accept, tr("Send"));
    connect(dialog, &QFileDialog::filesSelected, this,
            [this, dialog, chosen](const QStringList &paths) {
                m_lastFolder = dialog->directory().absolutePath();
                chosen(paths);
            });
    dialog->open();
}

void SendFlow::writeText(const QStringList &contacts, const QString &text)
{
    if (contacts.isEmpty())
        return;
    auto *dialog = new SendTextDialog(readable(contacts), text, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &SendTextDialog::sendWanted, this,
            [this, contacts](const QString &written) { sendText(contacts, written); });
    dialog->open();
}

void SendFlow::send(const QStringList &contacts, const QMimeData *data)
{
    if (const auto paths = filesIn(data); !paths.isEmpty())
        sendFiles(contacts, paths);
    else if (const auto text = textIn(data); !text.isEmpty())
        writeText(contacts, text);
}

void SendFlow::sendFiles(const QStringList &contacts, const QStringList &paths,
                         std::optional<DeviceId> device)
{
    if (paths.isEmpty())
        return;
    for (const auto &contact : contacts) {
        SendRequest request;
        request.paths = paths;
        request.contact = contact;
        request.device = device;
        request.waitForContact = true;
        m_engine.send(request);
    }
}

void SendFlow::sendText(const QStringList &contacts, const QString &text)
{
    for (const auto &contact : contacts) {
        SendRequest request;
        request.text = text;
        request.contact = contact;
        request.waitForContact = true;
        m_engine.send(request);
    }
}

void SendFlow::chooseRecipients(const QStringList &ticked)
{
    choose(false, [this, ticked](const QStringList &paths) {
        askForWhom(whatText(paths), ticked,
                   [this, paths](const QStringList &contacts) { sendFiles(contacts, paths); });
    });
}

void SendFlow::paste(const QStringList &contacts)
{
    const auto *data = QGuiApplication::clipboard()->mimeData();
    const auto paths = data ? filesIn(data) : QStringList();
    const auto text = data ? textIn(data) : QString();
    if (paths.isEmpty() && text.isEmpty())
        emit failed(tr("The clipboard holds no files and no text. Copy some first."));
    else if (!contacts.isEmpty())
        send(contacts, data);
    else if (!paths.isEmpty())
        askForWhom(whatText(paths), {},
                   [this, paths](const QStringList &chosen) { sendFiles(chosen, paths); });
    else
        askForWhom(text, {}, [this, text](const QStringList &chosen) { writeText(chosen, text); });
}

void SendFlow::askForWhom(const QString &what, const QStringList &ticked,
                          const std::function<void(const QStringList &)> &chosen)
{
    const auto possible = m_contacts.recipients();
    if (possible.isEmpty()) {
        emit failed(tr("There is nobody to send to yet. Add a contact first."));
        return;
    }
    auto *dialog = new RecipientsDialog(what, possible, ticked, m_window);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &RecipientsDialog::chosen, this, chosen);
    dialog->open();
}

QString SendFlow::readable(const QStringList &contacts) const
{
    QStringList titles;
    for (const auto &name : contacts) {
        const auto *contact = m_contacts.find(name);
        titles.append(contact ? contactTitle(*contact) : visibleText(name));
    }
    return listText(titles);
}

} // namespace postern::gui
