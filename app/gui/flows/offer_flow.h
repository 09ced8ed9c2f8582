#pragma once
// Offers, one prompt at a time: shown in the window and as a notification of the desktop,
// answered in either, taken back by the sender. Thread: GUI.

#include "app/gui/models/offer_queue.h"
#include "core/engine.h"

#include <QPointer>
#include <QSet>

namespace postern::gui {

class AcceptPrompt;
class DesktopNotifier;
class Theme;

class OfferFlow : public QObject {
    Q_OBJECT

public:
    OfferFlow(Engine &engine, DesktopNotifier &notifier, const Theme &theme, QWidget *window);

    /// Asks about the offers that were put off.
    void review();
    AcceptPrompt *prompt() const;

signals:
    void waitingChanged(int postponed, const QHash<QString, int> &byContact);
    void windowWanted();
    void failed(const QString &sentence);

private:
    void offered(const OfferInfo &offer);
    void withdrawn(const TransferId &id);
    void accept(const TransferId &id, const AcceptTerms &terms, bool always);
    void decline(const TransferId &id);
    void finish(const TransferId &id);
    void askNext();
    void tell();

    Engine &m_engine;
    DesktopNotifier &m_notifier;
    const Theme &m_theme;
    QWidget *m_window;
    OfferQueue m_queue;
    QSet<TransferId> m_postponed;
    QPointer<AcceptPrompt> m_prompt;
};

} // namespace postern::gui
