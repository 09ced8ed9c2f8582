#pragma once
// Everything that leads to sending: choosing files or a folder, dropping, pasting, writing a
// text; to one contact or to several. Who is offline gets it once they are back. Thread: GUI.

#include "core/engine.h"

class QMimeData;

namespace postern::gui {

class ContactModel;

class SendFlow : public QObject {
    Q_OBJECT

public:
    SendFlow(Engine &engine, const ContactModel &contacts, QWidget *window);

    void chooseFiles(const QStringList &contacts, std::optional<DeviceId> device = {});
    void chooseFolder(const QStringList &contacts);
    void writeText(const QStringList &contacts, const QString &text = {});
    /// Files are sent at once; a text is shown first, for it may not be what one thinks.
    void send(const QStringList &contacts, const QMimeData *data);
    void sendFiles(const QStringList &contacts, const QStringList &paths,
                   std::optional<DeviceId> device = {});
    void sendText(const QStringList &contacts, const QString &text);
    /// Files first, then to whom.
    void chooseRecipients(const QStringList &ticked);
    /// Without contacts it is asked for whom.
    void paste(const QStringList &contacts);

signals:
    void failed(const QString &sentence);

private:
    void choose(bool folder, const std::function<void(const QStringList &)> &chosen);
    void askForWhom(const QString &what, const QStringList &ticked,
                    const std::function<void(const QStringList &)> &chosen);
    QString readable(const QStringList &contacts) const;

    Engine &m_engine;
    const ContactModel &m_contacts;
    QWidget *m_window;
    QString m_lastFolder;
};

} // namespace postern::gui
