#pragma once
// The real Executor: a few threads that read, hash and write. Lanes take turns job by job,
// so a large transfer does not hold up a small one.

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
    Instant now() const override { return monotonicNow(); }
    void after(Duration delay, Continuation call) override;

private:
    class Strand;
    struct Shared;
    static void work(Shared &shared);

    EngineThread m_engine;
    std::shared_ptr<Shared> m_shared;
    std::vector<std::thread> m_threads;
};

} // namespace postern
