#pragma once
// Everything that leads to sending: choosing files or a folder, dropping, pasting.
// Thread: GUI.

#include "core/engine.h"

namespace postern::gui {

class SendFlow : public QObject {
    Q_OBJECT

public:
    SendFlow(Engine &engine, QWidget *window);

    void chooseFiles(const QString &contact, std::optional<DeviceId> device = {});
    void chooseFolder(const QString &contact);
    void send(const QString &contact, const QStringList &paths,
              std::optional<DeviceId> device = {});
    void paste(const QString &contact);

signals:
    void failed(const QString &sentence);

private:
    void choose(const QString &contact, bool folder, std::optional<DeviceId> device);

    Engine &m_engine;
    QWidget *m_window;
    QString m_lastFolder;
};

} // namespace postern::gui
