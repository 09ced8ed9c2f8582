#pragma once
// The odds that two sides meet which both foretell their next ports: the nth socket of one sends
// to the nth port that the other told, while others behind both NATs take ports of their own.
// Pure; any thread.

namespace postern::nat {

struct Crossing {
    struct Side {
        int reckoned = 0; ///< mappings of others that its told ports allow for ...
        double before = 0; ///< ... and how many come before its first packet, on average
        double perShot = 0; ///< and from one of its packets to the next
    };
    int sockets = 25; ///< of each side
    int aimFrom = 0; ///< the nth of the spreading side aims so far beyond the nth port ...
    int aimWidth = 1; ///< ... and up to this - 1 further, in turn
    Side spreading;
    Side other;
};

/// Of one try. Counted over draws that are the same on every machine: right to about one per cent.
double crossedOdds(const Crossing &crossing);

} // namespace postern::nat
