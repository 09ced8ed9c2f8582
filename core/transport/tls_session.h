#pragma once
// TLS 1.3 as a machine: ciphertext in, plaintext and ciphertext out, no socket. Records are
// decrypted where GnuTLS has them and encrypted into one large buffer, so that a socket is
// written a quarter of a megabyte at a time. Thread: engine. Source: RFC 8446.

#include "core/transport/peer_credentials.h"

#include <functional>
#include <vector>

namespace postern {

class TlsSession {
public:
    static Result<std::unique_ptr<TlsSession>> make(ChannelRole role, PeerCredentials credentials);
    ~TlsSession();
    TlsSession(const TlsSession &) = delete;
    TlsSession &operator=(const TlsSession &) = delete;

    /// What arrived. The view must stay valid until the calls below report that they need
    /// more; it is then used up.
    void setInput(ByteView ciphertext) { m_input = ciphertext; }

    enum class Progress { NeedsInput, Done };
    /// Goes as far as the input allows. An error ends the session; output may hold an alert.
    Result<Progress> handshake();

    /// Hands every whole record in the input to `plaintext`, which returns false to stop.
    /// Done: the peer ended its direction, or `plaintext` stopped.
    Result<Progress> decrypt(const std::function<bool(ByteView)> &plaintext);

    Result<void> encrypt(ByteView plaintext);
    /// Appends the closing alert; nothing may be encrypted after it.
    void encryptEnd();

    /// Ciphertext to be sent; the front may be taken in parts.
    ByteView output() const { return ByteView(m_output).subspan(m_outputStart); }
    void outputSent(std::size_t count);

    DeviceId peer() const { return m_peer; } ///< null before the handshake is done

private:
    explicit TlsSession(PeerCredentials credentials);
    int verify();
    ssize_t pull(void *into, std::size_t size);

    struct Deinit {
        void operator()(gnutls_session_int *session) const { gnutls_deinit(session); }
    };
    PeerCredentials m_credentials;
    std::unique_ptr<gnutls_session_int, Deinit> m_session;
    ByteView m_input;
    std::vector<std::uint8_t> m_output;
    std::size_t m_outputStart = 0;
    DeviceId m_peer;
    bool m_wrongKey = false;
};

} // namespace postern
