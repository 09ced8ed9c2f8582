#pragma once
// What a person does with transfers that exist, and what is told of those that end while
// nobody looks at the window. Thread: GUI.

#include "app/gui/models/transfer_actions.h"
#include "core/engine.h"

#include <QSet>
#include <QTimer>

class QUrl;

namespace postern::gui {

class DesktopNotifier;
class TransferModel;

class TransferFlow : public QObject {
    Q_OBJECT

public:
    TransferFlow(Engine &engine, TransferModel &transfers, DesktopNotifier &notifier,
                 QWidget *window);

    void act(TransferAction action, const TransferId &id);
    void move(const TransferId &id, int place);

signals:
    void openFolderWanted(const QString &folder);
    void openLinkWanted(const QUrl &link);
    /// A notification was clicked.
    void contactWanted(const QString &contact);

private:
    void askForLimit(const TransferInfo &transfer);
    void showText(const TransferInfo &transfer);
    void changed(const TransferInfo &transfer);
    void tellOfEnded();

    Engine &m_engine;
    TransferModel &m_transfers;
    DesktopNotifier &m_notifier;
    QWidget *m_window;
    QSet<TransferId> m_running;
    QList<TransferInfo> m_ended; ///< not yet told
    QTimer m_tell; ///< gathers what ends together into one notification
};

} // namespace postern::gui
