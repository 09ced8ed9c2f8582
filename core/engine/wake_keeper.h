#pragma once
// Decides when the machine must not go to sleep by itself: while any transfer is under way. One
// that waits, for a person, a contact, its turn or the end of a pause, keeps nobody awake.
// Engine thread.

#include "core/engine/engine_events.h"
#include "core/net/wake_lock.h"

#include <QCoreApplication>
#include <QSet>

#include <memory>

namespace postern {

class WakeKeeper {
    Q_DECLARE_TR_FUNCTIONS(postern::WakeKeeper)

public:
    /// The same events, with every transfer looked at on its way. Must not outlive this.
    EngineEvents watching(EngineEvents events);

    void transferChanged(const TransferInfo &transfer);
    bool isAwake() const { return m_lock != nullptr; }

private:
    QSet<TransferId> m_underWay;
    std::unique_ptr<net::WakeLock> m_lock;
};

} // namespace postern
