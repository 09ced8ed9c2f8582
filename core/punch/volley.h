#pragma once
// Packets to many ports, paced: the aims of one volley, and how far it has got. Pure.
//
// A volley is fired in passes; each goes through all aims. Low passes leave with a short life
// (Volley::ttl): they open our own NATs and spoil nothing on the other side.

#include "core/base/random.h"
#include "core/punch/pacer.h"
#include "core/punch/path_class.h"

#include <optional>
#include <vector>

namespace postern::punch {

struct Aim {
    int socket = 0; ///< 0: the main port; others: the fan's
    Endpoint remote;
};

struct VolleyPass {
    Duration after{}; ///< the volley's begin
    bool low = false;
};

struct Volley {
    Strategy strategy = Strategy::UdpPunch;
    std::vector<Aim> aims;
    std::vector<VolleyPass> passes = {VolleyPass{}};
    int ttl = 0; ///< of low passes
    Duration interval = 2ms;
    bool guessing = false; ///< the aims are guesses: which one met is worth telling
};

class VolleyRun {
public:
    struct Shot {
        Aim aim;
        int ttl = 0;
    };

    VolleyRun(Volley volley, Instant now);

    const Volley &volley() const { return m_volley; }
    /// The next packet if one may leave now.
    std::optional<Shot> next(Instant now);
    Instant nextDeadline() const; ///< NEVER when all has been sent
    bool isOver() const { return m_pass == m_volley.passes.size(); }
    void stop() { m_pass = m_volley.passes.size(); }
    /// A pause, then four times as slow: a router is short of room.
    void ease(Instant now);
    int shots() const { return m_shots; }

    /// Which aim this is, counted from 0; nothing where none is.
    std::optional<int> aimAt(int socket, const Endpoint &remote) const;
    /// When the aim was last fired; nothing if it has not been.
    std::optional<Instant> firedAt(int aim) const;

private:
    Instant passBegins() const;

    Volley m_volley;
    std::vector<Instant> m_firedAt; ///< by aim
    Pacer m_pacer;
    Instant m_startedAt;
    std::size_t m_pass = 0;
    std::size_t m_aim = 0;
    int m_shots = 0;
};

struct PortsToGuess {
    std::uint16_t lowest = 1024;
    std::uint16_t highest = 65535;
    bool even = false; ///< only the even ones
};
/// `count` different ports of a range in random order, all of them if there are no more.
std::vector<std::uint16_t> randomPorts(const RandomSource &random, const PortsToGuess &range,
                                       int count);

} // namespace postern::punch
