#pragma once
// An Executor whose jobs run only when a test says so, in an order that a seed decides, in
// virtual time: every interleaving of workers and engine thread can be had again.

#include "core/transfer/executor.h"

#include <deque>
#include <random>
#include <vector>

namespace postern::test {

class SteppedExecutor final : public Executor {
public:
    explicit SteppedExecutor(std::uint64_t seed = 1)
        : m_random(seed)
    {
    }
    /// What never ran may hold its own lane.
    ~SteppedExecutor() override
    {
        for (const auto &queue : m_queues)
            std::exchange(*queue, {});
    }

    std::shared_ptr<Lane> makeLane() override
    {
        m_queues.push_back(std::make_shared<Queue>());
        return std::make_shared<SteppedLane>(m_queues.back());
    }
    Instant now() const override { return m_now; }
    void after(Duration delay, Continuation call) override
    {
        m_timers.push_back({m_now + delay, std::move(call)});
    }

    /// Runs one job of some lane, or brings home one answer. False if there is none.
    bool step()
    {
        std::vector<Queue *> ready;
        for (const auto &queue : m_queues)
            if (!queue->empty())
                ready.push_back(queue.get());
        const std::size_t choices = ready.size() + (m_answers.empty() ? 0 : 1);
        if (choices == 0)
            return false;
        const std::size_t choice = m_random() % choices;
        if (choice == ready.size()) {
            const Continuation answer = std::move(m_answers.front());
            m_answers.pop_front();
            answer();
            return true;
        }
        const Work work = std::move(ready[choice]->front());
        ready[choice]->pop_front();
        if (Continuation answer = work())
            m_answers.push_back(std::move(answer));
        return true;
    }

    /// Goes on to the next timer. False if there is none.
    bool skipToTimer()
    {
        if (m_timers.empty())
            return false;
        const auto next =
            std::min_element(m_timers.begin(), m_timers.end(),
                             [](const Timer &a, const Timer &b) { return a.when < b.when; });
        const Timer timer = std::move(*next);
        m_timers.erase(next);
        m_now = std::max(m_now, timer.when);
        timer.call();
        return true;
    }
    void advance(Duration time) { m_now += time; }

private:
    using Queue = std::deque<Work>;
    struct Timer {
        Instant when;
        Continuation call;
    };
    class SteppedLane final : public Lane {
    public:
        explicit SteppedLane(std::shared_ptr<Queue> queue)
            : m_queue(std::move(queue))
        {
        }
        void run(Work work) override { m_queue->push_back(std::move(work)); }

    private:
        std::shared_ptr<Queue> m_queue;
    };

    std::mt19937_64 m_random;
    Instant m_now{std::chrono::hours(1)};
    std::vector<std::shared_ptr<Queue>> m_queues;
    std::deque<Continuation> m_answers;
    std::vector<Timer> m_timers;
};

} // namespace postern::test
