#include "core/transport/peer_credentials.h"

#include "core/base/log.h"
#include "core/transport/close_code.h"

#include <algorithm>
#include <cstring>

namespace postern {

namespace {

/// One protocol version, two ciphers, the one kind of key a device has. Compatibility mode
/// (a fake TLS 1.2 look) is off: QUIC forbids it (RFC 9001 section 8.4), nothing here needs it.
constexpr char PRIORITIES[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:-GROUP-ALL:"
    "+GROUP-X25519:+GROUP-SECP256R1:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:"
    "%DISABLE_TLS13_COMPAT_MODE";

/// A self-signed certificate with a P-256 key takes about 400 bytes; a message that carries
/// one is refused long before it could cost memory.
constexpr std::size_t MAX_HANDSHAKE_MESSAGE = 16 * 1024;

gnutls_datum_t datumOf(const QByteArray &bytes)
{
    auto *data = reinterpret_cast<unsigned char *>(const_cast<char *>(bytes.constData()));
    return {data, static_cast<unsigned>(bytes.size())};
}

} // namespace

Result<PeerCredentials> PeerCredentials::make(const DeviceKey &own, std::vector<DeviceId> expected)
{
    PeerCredentials made;
    made.m_expected = std::move(expected);
    gnutls_certificate_credentials_t raw = nullptr;
    if (gnutls_certificate_allocate_credentials(&raw) != GNUTLS_E_SUCCESS)
        return channel_error::internal();
    made.m_credentials.reset(raw, Free());

    const QByteArray certificate = own.certificate();
    QByteArray key = own.pkcs8();
    const gnutls_datum_t certificateDatum = datumOf(certificate);
    const gnutls_datum_t keyDatum = datumOf(key);
    const int loaded =
        gnutls_certificate_set_x509_key_mem(raw, &certificateDatum, &keyDatum, GNUTLS_X509_FMT_DER);
    wipe(key);
    if (loaded != GNUTLS_E_SUCCESS) {
        qCWarning(logTransport) << "own certificate refused:" << gnutls_strerror(loaded);
        return channel_error::internal();
    }
    return made;
}

Result<void> PeerCredentials::apply(gnutls_session_t session, ChannelRole role) const
{
    const QByteArray alpn = QByteArray::fromRawData(CHANNEL_ALPN, sizeof CHANNEL_ALPN - 1);
    const gnutls_datum_t protocol = datumOf(alpn);
    int code = gnutls_priority_set_direct(session, PRIORITIES, nullptr);
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, m_credentials.get());
    if (code == GNUTLS_E_SUCCESS)
        code = gnutls_alpn_set_protocols(session, &protocol, 1, GNUTLS_ALPN_MANDATORY);
    if (code != GNUTLS_E_SUCCESS) {
        qCWarning(logTransport) << "TLS session refused its settings:" << gnutls_strerror(code);
        return channel_error::internal();
    }
    if (role == ChannelRole::Responder)
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    gnutls_handshake_set_max_packet_length(session, MAX_HANDSHAKE_MESSAGE);
    return {};
}

Result<DeviceId> PeerCredentials::checkPeer(gnutls_session_t session) const
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    if (!chain || count != 1 || gnutls_certificate_type_get(session) != GNUTLS_CRT_X509)
        return channel_error::wrongKey();
    const Result<DeviceId> id =
        deviceIdOfCertificate(toByteArray(ByteView(chain[0].data, chain[0].size)));
    if (!id || std::find(m_expected.begin(), m_expected.end(), *id) == m_expected.end())
        return channel_error::wrongKey();
    return *id;
}

bool speaksOurProtocol(gnutls_session_t session)
{
    gnutls_datum_t chosen{};
    return gnutls_alpn_get_selected_protocol(session, &chosen) == GNUTLS_E_SUCCESS
        && chosen.size == sizeof CHANNEL_ALPN - 1
        && std::memcmp(chosen.data, CHANNEL_ALPN, chosen.size) == 0;
}

Error alertError(std::uint8_t alert)
{
    switch (alert) {
    case GNUTLS_A_BAD_CERTIFICATE:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
    case GNUTLS_A_CERTIFICATE_UNKNOWN:
    case GNUTLS_A_CERTIFICATE_REQUIRED:
    case GNUTLS_A_UNKNOWN_CA:
    case GNUTLS_A_ACCESS_DENIED: return channel_error::ownKeyRefused();
    case GNUTLS_A_CLOSE_NOTIFY: return errorOfCloseCode(0);
    default: return channel_error::notOurProtocol();
    }
}

Error handshakeError(gnutls_session_t session, int code)
{
    switch (code) {
    case GNUTLS_E_CERTIFICATE_ERROR:
    case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR:
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_CERTIFICATE_REQUIRED: return channel_error::wrongKey();
    case GNUTLS_E_FATAL_ALERT_RECEIVED:
        return alertError(static_cast<std::uint8_t>(gnutls_alert_get(session)));
    case GNUTLS_E_PREMATURE_TERMINATION: return channel_error::lost();
    default: return channel_error::notOurProtocol();
    }
}

} // namespace postern
