#include "core/punch/offer.h"

#include <algorithm>

namespace postern::punch {

namespace {

/// The 64 characters that RFC 8445 section 5.3 allows.
constexpr char ICE_CHARACTERS[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr qsizetype UFRAG_LENGTH = 8; // 48 bits: no collisions among sessions of one socket
constexpr qsizetype PASSWORD_LENGTH = 24; // 144 bits

QString randomText(const RandomSource &random, qsizetype length)
{
    QByteArray bytes(length, '\0');
    random({reinterpret_cast<std::uint8_t *>(bytes.data()), static_cast<std::size_t>(length)});
    for (char &byte : bytes)
        byte = ICE_CHARACTERS[static_cast<unsigned char>(byte) % 64];
    return QString::fromLatin1(bytes);
}

bool isIceText(const QString &text, qsizetype least, qsizetype most)
{
    return text.size() >= least && text.size() <= most
        && std::all_of(text.begin(), text.end(), [](QChar c) {
               const ushort u = c.unicode();
               return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9')
                   || u == '+' || u == '/';
           });
}

} // namespace

Credentials Credentials::generate(const RandomSource &random)
{
    return {randomText(random, UFRAG_LENGTH), randomText(random, PASSWORD_LENGTH)};
}

Result<PunchOffer> checkedOffer(const PunchOffer &offer)
{
    if (!isIceText(offer.ufrag, MIN_UFRAG, UFRAG_LIMIT.most)
        || !isIceText(offer.password, MIN_PASSWORD, PASSWORD_LIMIT.most))
        return Error{ErrorCode::Protocol,
                     QStringLiteral("The other side's offer to connect is malformed.")};
    PunchOffer checked = offer;
    checked.candidates.clear();
    QList<Candidate> best = offer.candidates;
    std::stable_sort(best.begin(), best.end(),
                     [](const auto &a, const auto &b) { return a.priority > b.priority; });
    qsizetype udp = 0;
    qsizetype tcp = 0;
    for (const auto &candidate : best) {
        const bool known = std::any_of(
            checked.candidates.begin(), checked.candidates.end(), [&](const Candidate &c) {
                return c.transport == candidate.transport && c.endpoint == candidate.endpoint;
            });
        qsizetype &count = candidate.transport == Transport::Udp ? udp : tcp;
        const qsizetype most =
            candidate.transport == Transport::Udp ? MAX_UDP_CANDIDATES : MAX_TCP_CANDIDATES;
        if (known || !isUsableRemote(candidate.endpoint) || count == most)
            continue;
        ++count;
        checked.candidates.append(candidate);
    }
    return checked;
}

} // namespace postern::punch
