#pragma once
// Requests that wait for their numbered answers, each with its deadline and who asked. Pure;
// engine thread.

#include "core/base/clock.h"
#include "core/base/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace postern {

class RequestTable {
public:
    /// More than this many unanswered ones would mean a server that reads but never answers.
    static constexpr std::size_t MOST_OPEN = 256;

    enum class Asker { Caller, SignIn, Receiving, Relay, Ping };

    struct Open {
        std::uint32_t number = 0;
        Asker asker = Asker::Caller;
    };

    /// A number for a new request, never 0; LimitExceeded when too many wait.
    Result<std::uint32_t> open(Asker asker, Instant deadline);
    /// The answer came: who asked, or nothing if no one did.
    std::optional<Asker> close(std::uint32_t number);

    std::vector<Open> takeExpired(Instant now);
    std::vector<Open> takeAll();
    Instant deadline() const; ///< the earliest, or NEVER

private:
    struct Waiting {
        Asker asker;
        Instant deadline;
    };
    std::uint32_t m_last = 0;
    std::map<std::uint32_t, Waiting> m_open;
};

} // namespace postern
