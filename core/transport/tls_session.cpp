#include "core/transport/tls_session.h"

#include "core/base/log.h"
#include "core/transport/close_code.h"

#include <algorithm>
#include <cstring>

namespace postern {

namespace {

/// RFC 8446 section 5.1: the largest record.
constexpr std::size_t RECORD_BYTES = 16384;
/// Room for what one flush of the channel encrypts.
constexpr std::size_t OUTPUT_RESERVE = 640 * 1024;

TlsSession *ownerOf(gnutls_session_t session)
{
    return static_cast<TlsSession *>(gnutls_session_get_ptr(session));
}

} // namespace

TlsSession::TlsSession(PeerCredentials credentials)
    : m_credentials(std::move(credentials))
{
    m_output.reserve(OUTPUT_RESERVE);
}

TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::make(ChannelRole role, PeerCredentials credentials)
{
    std::unique_ptr<TlsSession> made(new TlsSession(std::move(credentials)));
    gnutls_session_t raw = nullptr;
    const unsigned side = role == ChannelRole::Initiator ? GNUTLS_CLIENT : GNUTLS_SERVER;
    if (gnutls_init(&raw, side | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS) != GNUTLS_E_SUCCESS)
        return channel_error::internal();
    made->m_session.reset(raw);
    if (const Result<void> applied = made->m_credentials.apply(raw, role); !applied)
        return applied.error();

    gnutls_session_set_ptr(raw, made.get());
    gnutls_session_set_verify_function(
        raw, [](gnutls_session_t session) { return ownerOf(session)->verify(); });
    gnutls_transport_set_ptr(raw, made.get());
    gnutls_transport_set_push_function(
        raw, [](gnutls_transport_ptr_t owner, const void *data, size_t size) -> ssize_t {
            auto &output = static_cast<TlsSession *>(owner)->m_output;
            const auto *bytes = static_cast<const std::uint8_t *>(data);
            output.insert(output.end(), bytes, bytes + size);
            return static_cast<ssize_t>(size);
        });
    gnutls_transport_set_pull_function(
        raw, [](gnutls_transport_ptr_t owner, void *into, size_t size) {
            return static_cast<TlsSession *>(owner)->pull(into, size);
        });
    gnutls_transport_set_pull_timeout_function(raw, [](gnutls_transport_ptr_t owner, unsigned) {
        return static_cast<TlsSession *>(owner)->m_input.empty() ? 0 : 1;
    });
    return made;
}

int TlsSession::verify()
{
    const Result<DeviceId> checked = m_credentials.checkPeer(m_session.get());
    m_wrongKey = !checked;
    if (checked)
        m_peer = *checked;
    return checked ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

ssize_t TlsSession::pull(void *into, std::size_t size)
{
    const std::size_t step = std::min(size, m_input.size());
    if (step == 0) {
        gnutls_transport_set_errno(m_session.get(), EAGAIN);
        return -1;
    }
    std::memcpy(into, m_input.data(), step);
    m_input = m_input.subspan(step);
    return static_cast<ssize_t>(step);
}

Result<TlsSession::Progress> TlsSession::handshake()
{
    int code = 0;
    do
        code = gnutls_handshake(m_session.get());
    while (code == GNUTLS_E_INTERRUPTED || code == GNUTLS_E_WARNING_ALERT_RECEIVED);
    if (code == GNUTLS_E_AGAIN)
        return Progress::NeedsInput;
    if (code != GNUTLS_E_SUCCESS) {
        qCDebug(logTransport) << "TLS handshake failed:" << gnutls_strerror(code);
        gnutls_alert_send_appropriate(m_session.get(), code);
        return m_wrongKey ? channel_error::wrongKey() : handshakeError(m_session.get(), code);
    }
    if (m_peer.isNull() || !speaksOurProtocol(m_session.get()))
        return channel_error::notOurProtocol();
    return Progress::Done;
}

Result<TlsSession::Progress> TlsSession::decrypt(const std::function<bool(ByteView)> &plaintext)
{
    for (;;) {
        gnutls_packet_t packet = nullptr;
        const ssize_t count = gnutls_record_recv_packet(m_session.get(), &packet);
        if (count == GNUTLS_E_AGAIN)
            return Progress::NeedsInput;
        if (count == GNUTLS_E_INTERRUPTED || count == GNUTLS_E_WARNING_ALERT_RECEIVED)
            continue;
        if (count == 0)
            return Progress::Done;
        if (count < 0) {
            qCDebug(logTransport) << "TLS record refused:"
                                  << gnutls_strerror(static_cast<int>(count));
            // A rehandshake or ticket can't be here (TLS 1.3, no tickets): any other code ends it.
            return handshakeError(m_session.get(), static_cast<int>(count));
        }
        gnutls_datum_t data{};
        gnutls_packet_get(packet, &data, nullptr);
        const bool goOn = plaintext(ByteView(data.data, data.size));
        gnutls_packet_deinit(packet);
        if (!goOn)
            return Progress::Done;
    }
}

Result<void> TlsSession::encrypt(ByteView plaintext)
{
    while (!plaintext.empty()) {
        const std::size_t step = std::min(plaintext.size(), RECORD_BYTES);
        const ssize_t sent = gnutls_record_send(m_session.get(), plaintext.data(), step);
        if (sent <= 0)
            return channel_error::internal();
        plaintext = plaintext.subspan(static_cast<std::size_t>(sent));
    }
    return {};
}

void TlsSession::encryptEnd() { gnutls_bye(m_session.get(), GNUTLS_SHUT_WR); }

void TlsSession::outputSent(std::size_t count)
{
    m_outputStart += count;
    if (m_outputStart < m_output.size())
        return;
    m_output.clear();
    m_outputStart = 0;
}

} // namespace postern
