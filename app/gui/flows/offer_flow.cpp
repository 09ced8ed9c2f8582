#include "app/gui/flows/offer_flow.h"

#include "app/gui/desktop/notifier.h"
#include "app/gui/dialogs/accept_prompt.h"

#include <QWidget>

namespace postern::gui {

OfferFlow::OfferFlow(Engine &engine, DesktopNotifier &notifier, const Theme &theme, QWidget *window)
    : QObject(window)
    , m_engine(engine)
    , m_notifier(notifier)
    , m_theme(theme)
    , m_window(window)
{
    connect(&engine, &Engine::offerReceived, this, &OfferFlow::offered);
    connect(&engine, &Engine::offerWithdrawn, this, &OfferFlow::withdrawn);
    connect(&notifier, &DesktopNotifier::declined, this, &OfferFlow::decline);
    connect(&notifier, &DesktopNotifier::opened, this, [this] {
        emit windowWanted();
        review();
    });
    connect(&notifier, &DesktopNotifier::accepted, this, [this](const TransferId &id) {
        // What can't be accepted now is looked at in the window instead.
        const auto offer = m_queue.find(id);
        if (offer && !offer->problem) {
            accept(id, {}, false);
            return;
        }
        emit windowWanted();
        review();
    });
}

AcceptPrompt *OfferFlow::prompt() const { return m_prompt; }

void OfferFlow::offered(const OfferInfo &offer)
{
    if (!m_queue.add(offer)) {
        m_engine.declineOffer(offer.id);
        return;
    }
    if (!m_window->isActiveWindow())
        m_notifier.tell(offer);
    askNext();
    tell();
}

void OfferFlow::withdrawn(const TransferId &id) { finish(id); }

void OfferFlow::accept(const TransferId &id, const AcceptTerms &terms, bool always)
{
    const auto offer = m_queue.find(id);
    if (!offer)
        return; // withdrawn while the notification was still on the screen
    m_engine.acceptOffer(id, terms);
    if (always)
        m_engine.setContactRule(offer->contact,
                                ContactRule{ContactRule::Take::Always, 0, terms.into}, this,
                                [this](const Result<void> &result) {
                                    if (!result)
                                        emit failed(result.error().message);
                                });
    finish(id);
}

void OfferFlow::decline(const TransferId &id)
{
    if (!m_queue.find(id))
        return;
    m_engine.declineOffer(id);
    finish(id);
}

void OfferFlow::finish(const TransferId &id)
{
    m_queue.remove(id);
    m_postponed.remove(id);
    m_notifier.withdraw(id);
    if (m_prompt && m_prompt->offer().id == id) {
        m_prompt->disconnect(this);
        m_prompt->close();
        m_prompt = nullptr;
    }
    askNext();
    tell();
}

void OfferFlow::review()
{
    m_postponed.clear();
    askNext();
    tell();
    if (m_prompt) {
        m_prompt->raise();
        m_prompt->activateWindow();
    }
}

void OfferFlow::askNext()
{
    const auto next = m_queue.firstNotIn(m_postponed);
    if (m_prompt) {
        m_prompt->setWaiting(m_queue.size() - 1);
        return;
    }
    if (!next)
        return;
    m_prompt = new AcceptPrompt(m_theme, *next, m_window);
    m_prompt->setAttribute(Qt::WA_DeleteOnClose);
    m_prompt->setWaiting(m_queue.size() - 1);
    connect(m_prompt, &AcceptPrompt::acceptWanted, this, &OfferFlow::accept);
    connect(m_prompt, &AcceptPrompt::declineWanted, this, &OfferFlow::decline);
    connect(m_prompt, &QDialog::finished, this, [this, id = next->id] {
        m_prompt = nullptr;
        m_postponed.insert(id);
        askNext();
        tell();
    });
    // Not modal: an offer must not take the program away from the person using it.
    m_prompt->show();
}

void OfferFlow::tell()
{
    emit waitingChanged(static_cast<int>(m_postponed.size()), m_queue.countByContact());
}

} // namespace postern::gui
