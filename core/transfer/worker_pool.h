#pragma once
// The real Executor: a few threads that read, hash and write. Lanes take turns job by job,
// so a large transfer does not hold up a small one. Confined lanes have a thread each.

#include "core/transfer/executor.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace postern {

/// How to reach the engine thread; whoever owns it hands these in.
struct EngineThread {
    std::function<void(Continuation)> post; ///< any thread: run this there soon
    std::function<void(Duration, Continuation)> after; ///< there: run this there later
};

class WorkerPool final : public Executor {
public:
    explicit WorkerPool(EngineThread engine, int threads = 2);
    /// Finishes what was queued, then joins. Answers are still posted; transfers that are
    /// gone by then ignore theirs.
    ~WorkerPool() override;

    std::shared_ptr<Lane> makeLane() override;
    /// A thread of its own: what a thread has given up it never gets back.
    std::shared_ptr<Lane> makeConfinedLane(const QStringList &folders) override;
    Instant now() const override { return monotonicNow(); }
    void after(Duration delay, Continuation call) override;

private:
    class Strand;
    class ConfinedLane;
    struct Cell;
    struct Shared;
    static void work(Shared &shared);
    static void work(Shared &shared, Cell &cell);

    EngineThread m_engine;
    std::shared_ptr<Shared> m_shared;
    std::vector<std::thread> m_threads;
    std::vector<std::pair<std::shared_ptr<Cell>, std::thread>> m_confined;
};

} // namespace postern
