#include "core/stun/password_algorithms.h"

#include <algorithm>

namespace postern::stun {

namespace {
constexpr char NONCE_COOKIE[] = "obMatJos2"; // RFC 8489 section 9.2
constexpr qsizetype COOKIE_CHARACTERS = sizeof NONCE_COOKIE - 1;
constexpr qsizetype FEATURES_CHARACTERS = 4;
constexpr int PASSWORD_ALGORITHMS_BIT = 0x01; // bit 0, section 18.1
} // namespace

bool promisesAlgorithms(const QByteArray &nonce)
{
    if (!nonce.startsWith(NONCE_COOKIE))
        return false;
    const auto features = QByteArray::fromBase64(nonce.mid(COOKIE_CHARACTERS, FEATURES_CHARACTERS));
    return features.size() == 3
        && (static_cast<unsigned char>(features.at(2)) & PASSWORD_ALGORITHMS_BIT) != 0;
}

bool offersSha256(ByteView offer)
{
    while (offer.size() >= 4) {
        const std::size_t parameters = (std::size_t{offer[2]} << 8) | offer[3];
        const std::size_t entry = 4 + ((parameters + 3) & ~std::size_t{3});
        if (std::equal(offer.begin(), offer.begin() + 2, ALGORITHM_SHA256.begin()))
            return true;
        if (entry > offer.size())
            return false;
        offer = offer.subspan(entry);
    }
    return false;
}

} // namespace postern::stun
