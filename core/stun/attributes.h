#pragma once
// The attribute table: every STUN attribute we know, by its number. TURN's are listed too,
// so that one codec carries both. Values, any thread.
// Source: RFC 8489 section 14, RFC 5780 section 7, RFC 8445 section 16.1, RFC 8656 section 18.

#include <QByteArray>

#include <cstdint>

namespace postern::stun {

enum class Attribute : std::uint16_t {
    // RFC 8489
    MappedAddress = 0x0001,
    Username = 0x0006,
    MessageIntegrity = 0x0008,
    ErrorCode = 0x0009,
    UnknownAttributes = 0x000a,
    Realm = 0x0014,
    Nonce = 0x0015,
    MessageIntegritySha256 = 0x001c,
    PasswordAlgorithm = 0x001d,
    XorMappedAddress = 0x0020,
    PasswordAlgorithms = 0x8002,
    Software = 0x8022,
    AlternateServer = 0x8023,
    Fingerprint = 0x8028,
    // RFC 5780
    ChangeRequest = 0x0003,
    Padding = 0x0026,
    ResponsePort = 0x0027,
    ResponseOrigin = 0x802b,
    OtherAddress = 0x802c,
    // RFC 8445
    Priority = 0x0024,
    UseCandidate = 0x0025,
    IceControlled = 0x8029,
    IceControlling = 0x802a,
    // RFC 8656
    ChannelNumber = 0x000c,
    Lifetime = 0x000d,
    XorPeerAddress = 0x0012,
    Data = 0x0013,
    XorRelayedAddress = 0x0016,
    RequestedAddressFamily = 0x0017,
    EvenPort = 0x0018,
    RequestedTransport = 0x0019,
    DontFragment = 0x001a,
    ReservationToken = 0x0022,
};

/// Who must know an attribute's meaning: a request with an unknown required one is refused
/// with 420, an unknown optional one is passed over (RFC 8489 section 14).
constexpr bool isComprehensionRequired(std::uint16_t type) { return type < 0x8000; }

/// Bits of CHANGE-REQUEST (RFC 5780 section 7.2).
inline constexpr std::uint32_t CHANGE_ADDRESS = 0x4;
inline constexpr std::uint32_t CHANGE_PORT = 0x2;

/// Error codes of RFC 8489 section 14.8, RFC 8445 section 7.3.1.1 and RFC 8656 section 19.
enum class StunError : int {
    TryAlternate = 300,
    BadRequest = 400,
    Unauthenticated = 401,
    Forbidden = 403,
    UnknownAttribute = 420,
    AllocationMismatch = 437,
    StaleNonce = 438,
    AddressFamilyNotSupported = 440,
    WrongCredentials = 441,
    UnsupportedTransport = 442,
    PeerFamilyMismatch = 443,
    AllocationQuotaReached = 486,
    RoleConflict = 487,
    ServerError = 500,
    InsufficientCapacity = 508,
};

/// The reason phrase that goes with a code.
QByteArray reasonOf(StunError code);

} // namespace postern::stun
