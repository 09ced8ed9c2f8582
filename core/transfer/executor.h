#pragma once
// Where transfers have work done that may block, and how its answer comes home. The real
// one is a pool of threads (worker_pool.h); a simulation steps jobs one by one.

#include "core/base/clock.h"

#include <QStringList>

#include <functional>
#include <memory>

namespace postern {

using Continuation = std::function<void()>;
/// Runs on a worker; what it returns is then run on the engine thread.
using Work = std::function<Continuation()>;

/// Jobs of one lane run one after another, in order, so what they share needs no lock.
/// A lane that is let go still finishes what it was given.
class Lane {
public:
    virtual ~Lane() = default;
    virtual void run(Work work) = 0;
};

class Executor {
public:
    virtual ~Executor() = default;
    virtual std::shared_ptr<Lane> makeLane() = 0;
    /// One whose jobs can touch nothing below other folders, where the system can do that.
    virtual std::shared_ptr<Lane> makeConfinedLane(const QStringList &folders)
    {
        (void)folders;
        return makeLane();
    }
    virtual Instant now() const = 0;
    /// Calls on the engine thread once the time has passed.
    virtual void after(Duration delay, Continuation call) = 0;
};

/// Drops continuations whose owner is gone by the time they would run. Engine thread.
class LifeGuard {
public:
    template<typename F> Continuation operator()(F call) const
    {
        return [life = std::weak_ptr<bool>(m_life), call = std::move(call)] {
            if (!life.expired())
                call();
        };
    }
    bool gone(const std::weak_ptr<bool> &life) const { return life.expired(); }
    std::weak_ptr<bool> watch() const { return m_life; }

private:
    std::shared_ptr<bool> m_life = std::make_shared<bool>(true);
};

} // namespace postern
