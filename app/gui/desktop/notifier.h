#pragma once
// Offers as notifications of the desktop, with Accept and Decline where it can show them.
// Where there is no such service nothing happens: the prompt in the window is enough.
// Thread: GUI.

#include "core/engine_types.h"

#include <QObject>

#include <memory>

namespace postern::gui {

class DesktopNotifier : public QObject {
    Q_OBJECT

public:
    using QObject::QObject;

    virtual void tell(const OfferInfo &offer) = 0;
    /// The offer is answered or gone: its notification goes too.
    virtual void withdraw(const TransferId &id) = 0;

signals:
    void accepted(const postern::TransferId &id);
    void declined(const postern::TransferId &id);
    void opened(const postern::TransferId &id); ///< the notification itself was clicked
};

/// org.freedesktop.Notifications where Postern was built with D-Bus, else a silent one.
std::unique_ptr<DesktopNotifier> createDesktopNotifier();

/// What a notification says of an offer: plain text, one line each.
struct OfferWords {
    QString summary;
    QString body;
};
OfferWords wordsFor(const OfferInfo &offer);

} // namespace postern::gui
