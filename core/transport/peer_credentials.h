#pragma once
// How both channels prove who they are: this device's self-signed certificate, and a check
// of the other side's key against the pinned ones. Certificates are only carriers of keys:
// names, dates and signatures in them mean nothing here. Thread: engine.

#include "core/identity/device_key.h"
#include "core/transport/channel_role.h"

#include <gnutls/gnutls.h>

#include <memory>
#include <vector>

namespace postern {

/// RFC 7301 protocol name; both sides must speak it.
inline constexpr char CHANNEL_ALPN[] = "postern/1";

class PeerCredentials {
public:
    /// `expected` are the device ids of which the peer must have one.
    static Result<PeerCredentials> make(const DeviceKey &own, std::vector<DeviceId> expected);

    /// Sets up a fresh session: TLS 1.3 only, AES-128-GCM first, P-256 certificates from
    /// both sides, no tickets, no early data.
    Result<void> apply(gnutls_session_t session, ChannelRole role) const;

    /// For the session's verify function: the peer's key if it is one of the expected.
    Result<DeviceId> checkPeer(gnutls_session_t session) const;

private:
    struct Free {
        void operator()(gnutls_certificate_credentials_st *credentials) const
        {
            gnutls_certificate_free_credentials(credentials);
        }
    };
    std::shared_ptr<gnutls_certificate_credentials_st> m_credentials;
    std::vector<DeviceId> m_expected;
};

/// Whether the ALPN both sides agreed on is ours.
bool speaksOurProtocol(gnutls_session_t session);

/// What a failed handshake means to people, from GnuTLS's code and the alert that came.
Error handshakeError(gnutls_session_t session, int code);

/// What the peer's fatal alert (RFC 8446 section 6.2) means.
Error alertError(std::uint8_t alert);

} // namespace postern
