#include "app/gui/flows/send_flow.h"

#include "app/gui/widgets/dropped_files.h"

#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QStandardPaths>

namespace postern::gui {

SendFlow::SendFlow(Engine &engine, QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_window(window)
    , m_lastFolder(QStandardPaths::writableLocation(QStandardPaths::HomeLocation))
{
}

void SendFlow::chooseFiles(const QString &contact, std::optional<DeviceId> device)
{
    choose(contact, false, device);
}

void SendFlow::chooseFolder(const QString &contact) { choose(contact, true, {}); }

void SendFlow::choose(const QString &contact, bool folder, std::optional<DeviceId> device)
{
    if (contact.isEmpty())
        return;
    auto *dialog =
        new QFileDialog(m_window, folder ? tr("Send a folder") : tr("Send files"), m_lastFolder);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::ExistingFiles);
    dialog->setLabelText(QFileDialog::Accept, tr("Send"));
    connect(dialog, &QFileDialog::filesSelected, this,
            [this, dialog, contact, device](const QStringList &paths) {
                m_lastFolder = dialog->directory().absolutePath();
                send(contact, paths, device);
            });
    dialog->open();
}

void SendFlow::send(const QString &contact, const QStringList &paths,
                    std::optional<DeviceId> device)
{
    if (contact.isEmpty() || paths.isEmpty())
        return;
    SendRequest request;
    request.paths = paths;
    request.contact = contact;
    request.device = device;
    m_engine.send(request);
}

void SendFlow::paste(const QString &contact)
{
    const auto *data = QGuiApplication::clipboard()->mimeData();
    const auto paths = data ? filesIn(data) : QStringList();
    if (contact.isEmpty())
        emit failed(tr("Choose a contact first, then paste."));
    else if (paths.isEmpty())
        emit failed(tr("The clipboard holds no files. Copy some in your file manager first."));
    else
        send(contact, paths);
}

} // namespace postern::gui
