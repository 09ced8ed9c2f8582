#pragma once
// What one side tells the other, through the rendezvous, so that a path can be found: the
// same shape for the offer and its answer. Values, any thread. Source: RFC 8445 section 5.4.

#include "core/base/random.h"
#include "core/punch/candidate.h"

namespace postern::punch {

inline constexpr wire::Limit UFRAG_LIMIT{32};
inline constexpr wire::Limit PASSWORD_LIMIT{64};
inline constexpr wire::Limit TCP_TOKEN_LIMIT{32};
inline constexpr qsizetype MIN_UFRAG = 4; ///< RFC 8445 section 5.3
inline constexpr qsizetype MIN_PASSWORD = 22; ///< RFC 8445 section 5.3: 128 bits of randomness
/// What a peer may name; the rest of a longer list is passed over.
inline constexpr qsizetype MAX_UDP_CANDIDATES = 20;
inline constexpr qsizetype MAX_TCP_CANDIDATES = 20;
inline constexpr wire::Limit CANDIDATES_LIMIT{MAX_UDP_CANDIDATES + MAX_TCP_CANDIDATES};

/// The short-term credential of one session (RFC 8445 section 5.3): it authenticates checks,
/// nothing else. Files are protected by device keys.
struct Credentials {
    QString ufrag; ///< tells sessions on one socket apart
    QString password;

    static Credentials generate(const RandomSource &random);
    friend bool operator==(const Credentials &, const Credentials &) = default;
};

struct PunchOffer {
    QString ufrag;
    QString password;
    QList<Candidate> candidates; ///< UDP and TCP
    QByteArray tcpToken; ///< opens a TCP connection to us: tells which session it is for

    template<typename V> void fields(V &v)
    {
        v("ufrag", ufrag, UFRAG_LIMIT);
        v("password", password, PASSWORD_LIMIT);
        v("candidates", candidates, CANDIDATES_LIMIT);
        v("tcp_token", tcpToken, TCP_TOKEN_LIMIT);
    }
};

/// The offer with what we will never use taken out: unusable and repeated addresses, more
/// than we are ready to try. Fails with Protocol where the credentials break their rules.
Result<PunchOffer> checkedOffer(const PunchOffer &offer);

} // namespace postern::punch
