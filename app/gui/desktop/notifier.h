#pragma once
// Offers as notifications of the desktop, with Accept and Decline where it can show them, and
// the end of transfers.
// Where there is no such service nothing happens: the prompt in the window is enough.
// Thread: GUI.

#include "core/engine_types.h"

#include <QObject>

#include <memory>

namespace postern::gui {

/// Something that is over, told in plain text.
struct Notice {
    QString contact; ///< whom it is about; empty: several
    QString summary;
    QString body;
};

class DesktopNotifier : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void tell(const OfferInfo &offer) = 0;
    /// The offer is answered or gone: its notification goes too.
    virtual void withdraw(const TransferId &id) = 0;
    virtual void say(const Notice &notice) = 0;

signals:
    void accepted(const postern::TransferId &id);
    void declined(const postern::TransferId &id);
    void opened(const postern::TransferId &id); ///< the notification itself was clicked
    void noticeOpened(const QString &contact);
};

/// org.freedesktop.Notifications where Postern was built with D-Bus, else a silent one.
std::unique_ptr<DesktopNotifier> createDesktopNotifier();

/// What a notification says of an offer: plain text, one line each.
struct OfferWords {
    QString summary;
    QString body;
};
OfferWords wordsFor(const OfferInfo &offer);
Notice noticeOf(const TransferInfo &ended);
Notice noticeOf(const QList<TransferInfo> &ended); ///< that ended together

} // namespace postern::gui
