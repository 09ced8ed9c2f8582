#include "core/transport/quic_connection.h"

#include "core/base/log.h"
#include "core/transport/close_code.h"
#include "core/transport/quic_ngtcp2.h"

#include <algorithm>

namespace postern {

using namespace quic;

namespace {

/// Length of our connection ids; RFC 9000 section 5.1 allows up to 20.
constexpr std::size_t ID_BYTES = 4;
/// RFC 9000 section 7.2: the client's first guess of the server's id is at least 8 long.
constexpr std::size_t FIRST_ID_BYTES = 16;
/// Packets acknowledged together at most; RFC 9000 section 13.2.2 advises two, which costs
/// half as many calls as there are packets.
constexpr std::size_t ACK_EVERY = 16;
/// ...and how long fewer of them wait. A window that begins with ten packets would lose the
/// usual 25 ms each round trip until it has grown.
constexpr Duration ACK_DELAY = 2ms;
/// BBR's least window is four of these, a dozen packets, and what it takes for reordering is
/// counted in them (0.12: half of what is in flight). One packet's size made it find losses of
/// a long path late; eight of them cost a slow line with a short queue half of what it carries.
constexpr std::size_t BBR_UNIT_BYTES = 3 * ETHERNET_UDP_PAYLOAD;
/// A busy machine takes its turns late, and what is sent twice costs little.
constexpr Duration LEAST_FIRST_ROUND_TRIP = 20ms;
constexpr Duration MOST_FIRST_ROUND_TRIP = 2s;
constexpr std::size_t INBOX_KEEP_BYTES = 1024 * 1024;
constexpr std::uint64_t CRYPTO_ERROR = 0x100; ///< RFC 9000 section 20.1

} // namespace

// ---- callbacks --------------------------------------------------------------------------

struct QuicConnection::Callbacks {
    static QuicConnection &of(void *user) { return *static_cast<QuicConnection *>(user); }
    static StreamId idOf(std::int64_t id) { return static_cast<StreamId>(id); }

    static int handshakeCompleted(ngtcp2_conn *, void *user)
    {
        QuicConnection &self = of(user);
        if (self.m_peer.isNull() || !speaksOurProtocol(self.m_library->tls))
            return NGTCP2_ERR_CALLBACK_FAILURE;
        self.m_established = true;
        self.tell(QuicEvent::Kind::Established);
        return 0;
    }

    static int streamOpen(ngtcp2_conn *, std::int64_t id, void *user)
    {
        of(user).m_streams.add(idOf(id));
        return 0;
    }

    static int streamData(ngtcp2_conn *, std::uint32_t flags, std::int64_t id, std::uint64_t,
                          const std::uint8_t *data, std::size_t size, void *user, void *)
    {
        of(user).addData(idOf(id), ByteView(data, size),
                         (flags & NGTCP2_STREAM_DATA_FLAG_FIN) != 0);
        return 0;
    }

    static int acknowledged(ngtcp2_conn *, std::int64_t id, std::uint64_t, std::uint64_t count,
                            void *user, void *)
    {
        if (QuicStream *stream = of(user).m_streams.find(idOf(id)))
            stream->out.markAcknowledged(static_cast<std::size_t>(count));
        return 0;
    }

    static int streamClose(ngtcp2_conn *connection, std::uint32_t, std::int64_t id, std::uint64_t,
                           void *user, void *)
    {
        if (!ngtcp2_conn_is_local_stream(connection, id))
            ngtcp2_conn_extend_max_streams_bidi(connection, 1);
        if (QuicStream *stream = of(user).m_streams.find(idOf(id))) {
            stream->over = true;
            stream->out.clear();
            of(user).removeIfDone(*stream);
        }
        return 0;
    }

    static int streamReset(ngtcp2_conn *, std::int64_t id, std::uint64_t, std::uint64_t, void *user,
                           void *)
    {
        return stopSending(nullptr, id, 0, user, nullptr);
    }

    static int stopSending(ngtcp2_conn *, std::int64_t id, std::uint64_t, void *user, void *)
    {
        QuicStream *stream = of(user).m_streams.find(idOf(id));
        if (stream && !stream->given) {
            stream->given = true;
            of(user).tell(QuicEvent::Kind::Reset, stream->id);
        }
        return 0;
    }

    /// Padding or a probe: nothing is done with it.
    static int datagram(ngtcp2_conn *, std::uint32_t, const std::uint8_t *, std::size_t, void *)
    {
        return 0;
    }

    static int probeAcknowledged(ngtcp2_conn *, std::uint64_t number, void *user)
    {
        if (std::optional<PathMtu> &mtu = of(user).m_mtu) {
            mtu->acknowledged(number);
            qCDebug(logTransport) << "The path carries packets of" << mtu->size() << "bytes";
        }
        return 0;
    }

    static int probeLost(ngtcp2_conn *, std::uint64_t number, void *user)
    {
        if (of(user).m_mtu)
            of(user).m_mtu->lost(number);
        return 0;
    }

    static int moreStreamCredit(ngtcp2_conn *, std::int64_t id, std::uint64_t, void *user, void *)
    {
        if (QuicStream *stream = of(user).m_streams.find(idOf(id))) {
            stream->blocked = false;
            of(user).m_streams.wantTurn(*stream);
        }
        return 0;
    }

    static void random(std::uint8_t *into, std::size_t size, const ngtcp2_rand_ctx *context)
    {
        of(context->native_handle).m_options.random(MutableByteView(into, size));
    }

    static int newConnectionId(ngtcp2_conn *, ngtcp2_cid *id, std::uint8_t *token, std::size_t size,
                               void *user)
    {
        std::array<std::uint8_t, NGTCP2_MAX_CIDLEN> bytes;
        of(user).m_options.random(MutableByteView(bytes).first(size));
        ngtcp2_cid_init(id, bytes.data(), size);
        of(user).m_options.random(MutableByteView(token, NGTCP2_STATELESS_RESET_TOKENLEN));
        return 0;
    }

    static ngtcp2_callbacks all();
};

ngtcp2_callbacks QuicConnection::Callbacks::all()
{
    ngtcp2_callbacks callbacks{};
    callbacks.client_initial = ngtcp2_crypto_client_initial_cb;
    callbacks.recv_client_initial = ngtcp2_crypto_recv_client_initial_cb;
    callbacks.recv_crypto_data = ngtcp2_crypto_recv_crypto_data_cb;
    callbacks.encrypt = ngtcp2_crypto_encrypt_cb;
    callbacks.decrypt = ngtcp2_crypto_decrypt_cb;
    callbacks.hp_mask = ngtcp2_crypto_hp_mask_cb;
    callbacks.recv_retry = ngtcp2_crypto_recv_retry_cb;
    callbacks.update_key = ngtcp2_crypto_update_key_cb;
    callbacks.delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb;
    callbacks.delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb;
    callbacks.get_path_challenge_data = ngtcp2_crypto_get_path_challenge_data_cb;
    callbacks.version_negotiation = ngtcp2_crypto_version_negotiation_cb;
    callbacks.handshake_completed = handshakeCompleted;
    callbacks.stream_open = streamOpen;
    callbacks.recv_stream_data = streamData;
    callbacks.acked_stream_data_offset = acknowledged;
    callbacks.stream_close = streamClose;
    callbacks.stream_reset = streamReset;
    callbacks.stream_stop_sending = stopSending;
    callbacks.extend_max_stream_data = moreStreamCredit;
    callbacks.recv_datagram = datagram;
    callbacks.ack_datagram = probeAcknowledged;
    callbacks.lost_datagram = probeLost;
    callbacks.rand = random;
    callbacks.get_new_connection_id = newConnectionId;
    return callbacks;
}

// ---- making -----------------------------------------------------------------------------

namespace {

ngtcp2_settings settingsFrom(const QuicOptions &options, void *self, Instant now)
{
    ngtcp2_settings settings;
    ngtcp2_settings_default(&settings);
    settings.cc_algo = options.congestion == Congestion::Bbr ? BBR : NGTCP2_CC_ALGO_CUBIC;
    settings.initial_ts = stampOf(now);
    // The size itself comes from path MTU discovery, by the library's table up to 1444...
    settings.max_tx_udp_payload_size =
        options.congestion == Congestion::Bbr ? BBR_UNIT_BYTES : ETHERNET_UDP_PAYLOAD;
    if (options.largestPayload > ETHERNET_UDP_PAYLOAD) { // ...or ours (path_mtu.h)
        settings.max_tx_udp_payload_size =
            std::max(settings.max_tx_udp_payload_size, options.largestPayload);
        settings.no_tx_udp_payload_size_shaping = 1;
        settings.no_pmtud = 1;
    }
    settings.rand_ctx.native_handle = self;
    settings.ack_thresh = ACK_EVERY;
    settings.handshake_timeout = nanoseconds(options.timing.handshake);
    if (options.roundTrip > 0ms) // RFC 9002 section 6.2.2, else 333 ms
        settings.initial_rtt = nanoseconds(
            std::clamp(options.roundTrip, LEAST_FIRST_ROUND_TRIP, MOST_FIRST_ROUND_TRIP));
    return settings;
}

ngtcp2_transport_params parametersFrom(const QuicOptions &options)
{
    ngtcp2_transport_params params;
    ngtcp2_transport_params_default(&params);
    // A reader widens its stream to all of the window at once: one that grows with use kept BBR
    // from ever seeing what a long path can carry (65% of 200 Mbit/s at 80 ms and 1% loss, 82%
    // so). What is held in memory follows bandwidth x delay by itself.
    params.initial_max_stream_data_bidi_local = FIRST_WINDOW_BYTES;
    params.initial_max_stream_data_bidi_remote = FIRST_WINDOW_BYTES;
    params.initial_max_data = CHANNEL_WINDOW_BYTES;
    params.initial_max_streams_bidi = MAX_STREAMS_EACH;
    params.max_idle_timeout = nanoseconds(options.timing.silence);
    params.active_connection_id_limit = 4;
    params.max_ack_delay = nanoseconds(ACK_DELAY);
    params.max_datagram_frame_size = JUMBO_UDP_PAYLOAD; // the peer's padding and probes
    return params;
}

ngtcp2_cid randomId(const RandomSource &random, std::size_t size)
{
    std::array<std::uint8_t, NGTCP2_MAX_CIDLEN> bytes;
    random(MutableByteView(bytes).first(size));
    ngtcp2_cid id;
    ngtcp2_cid_init(&id, bytes.data(), size);
    return id;
}

} // namespace

QuicConnection::QuicConnection(ChannelRole role, PeerCredentials credentials, const Endpoint &local,
                               const Endpoint &remote, const QuicOptions &options)
    : m_role(role)
    , m_credentials(std::move(credentials))
    , m_local(local)
    , m_remote(remote)
    , m_options(options)
    , m_out(QUIC_RUN_BYTES)
{
    m_options.largestPayload = std::min(options.largestPayload, JUMBO_UDP_PAYLOAD);
    if (m_options.largestPayload > ETHERNET_UDP_PAYLOAD)
        m_mtu.emplace(m_options.largestPayload);
}

QuicConnection::~QuicConnection() = default;

Result<std::unique_ptr<QuicConnection>>
QuicConnection::make(ChannelRole role, PeerCredentials credentials, const Endpoint &local,
                     const Endpoint &remote, const QuicOptions &options, Instant now)
{
    std::unique_ptr<QuicConnection> made(
        new QuicConnection(role, std::move(credentials), local, remote, options));
    if (role == ChannelRole::Initiator)
        if (const Result<void> started = made->startInitiator(now); !started)
            return started.error();
    return made;
}

Result<void> QuicConnection::startTls()
{
    const bool initiator = m_role == ChannelRole::Initiator;
    m_library = std::make_unique<QuicLibrary>();
    m_library->path = std::make_unique<Path>(m_local, m_remote);
    const unsigned side = initiator ? GNUTLS_CLIENT : GNUTLS_SERVER;
    if (gnutls_init(&m_library->tls, side | GNUTLS_NO_TICKETS | GNUTLS_NO_END_OF_EARLY_DATA) != 0)
        return channel_error::internal();
    gnutls_session_t tls = m_library->tls;
    if (const Result<void> applied = m_credentials.apply(tls, m_role); !applied)
        return applied;
    const int configured = initiator ? ngtcp2_crypto_gnutls_configure_client_session(tls)
                                     : ngtcp2_crypto_gnutls_configure_server_session(tls);
    if (configured != 0)
        return channel_error::internal();
    m_library->reference.user_data = this;
    m_library->reference.get_conn = [](ngtcp2_crypto_conn_ref *reference) {
        return static_cast<QuicConnection *>(reference->user_data)->m_library->connection;
    };
    gnutls_session_set_ptr(tls, &m_library->reference);
    gnutls_session_set_verify_function(tls, [](gnutls_session_t session) {
        const auto *reference =
            static_cast<ngtcp2_crypto_conn_ref *>(gnutls_session_get_ptr(session));
        return static_cast<QuicConnection *>(reference->user_data)->verify();
    });
    return {};
}

int QuicConnection::verify()
{
    const Result<DeviceId> checked = m_credentials.checkPeer(m_library->tls);
    m_wrongKey = !checked;
    if (checked)
        m_peer = *checked;
    return checked ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

Result<void> QuicConnection::startInitiator(Instant now)
{
    if (const Result<void> started = startTls(); !started)
        return started;
    const ngtcp2_callbacks callbacks = Callbacks::all();
    const ngtcp2_settings settings = settingsFrom(m_options, this, now);
    const ngtcp2_transport_params params = parametersFrom(m_options);
    const ngtcp2_cid theirs = randomId(m_options.random, FIRST_ID_BYTES);
    const ngtcp2_cid ours = randomId(m_options.random, ID_BYTES);
    if (ngtcp2_conn_client_new(&m_library->connection, &theirs, &ours, &m_library->path->path,
                               NGTCP2_PROTO_VER_V1, &callbacks, &settings, &params, nullptr, this)
        != 0)
        return channel_error::internal();
    ngtcp2_conn_set_tls_native_handle(m_library->connection, m_library->tls);
    ngtcp2_conn_set_keep_alive_timeout(m_library->connection,
                                       nanoseconds(m_options.timing.keepAlive));
    return {};
}

/// A responder exists for QUIC once a client's first packet has come; anything else that
/// comes before is not ours to answer.
void QuicConnection::startResponder(const Datagram &first, Instant now)
{
    ngtcp2_pkt_hd header;
    if (ngtcp2_accept(&header, first.bytes.data(), first.bytes.size()) != 0 || !startTls())
        return;
    const ngtcp2_callbacks callbacks = Callbacks::all();
    const ngtcp2_settings settings = settingsFrom(m_options, this, now);
    ngtcp2_transport_params params = parametersFrom(m_options);
    setOriginalId(params, header.dcid);
    const ngtcp2_cid ours = randomId(m_options.random, ID_BYTES);
    if (ngtcp2_conn_server_new(&m_library->connection, &header.scid, &ours, &m_library->path->path,
                               header.version, &callbacks, &settings, &params, nullptr, this)
        != 0) {
        m_library.reset();
        return;
    }
    ngtcp2_conn_set_tls_native_handle(m_library->connection, m_library->tls);
    ngtcp2_conn_set_keep_alive_timeout(m_library->connection,
                                       nanoseconds(m_options.timing.keepAlive));
}

// ---- receiving --------------------------------------------------------------------------

void QuicConnection::receive(std::span<const Datagram> datagrams, Instant now)
{
    const std::size_t readBefore = m_inbox.size();
    const std::uint64_t flyingBefore = m_library ? bytesInFlight(m_library->connection) : 0;
    for (const Datagram &datagram : datagrams) {
        if (m_error || datagram.bytes.empty())
            continue;
        if (!m_library && m_role == ChannelRole::Responder)
            startResponder(datagram, now);
        if (!m_library)
            continue;
        ngtcp2_pkt_info info{};
        info.ecn = static_cast<decltype(info.ecn)>(datagram.ecn);
        const int code =
            ngtcp2_conn_read_pkt(m_library->connection, &m_library->path->path, &info,
                                 datagram.bytes.data(), datagram.bytes.size(), stampOf(now));
        const bool noClient = code == NGTCP2_ERR_DROP_CONN || code == NGTCP2_ERR_RETRY;
        if (noClient && m_role == ChannelRole::Responder)
            m_library.reset(); // one may still come
        else if (code != 0)
            fail(code, now);
    }
    // Only what the peer itself can bring about counts, not any datagram from its address.
    if (m_inbox.size() != readBefore
        || (m_library && bytesInFlight(m_library->connection) < flyingBefore)) {
        m_progress = now;
        m_doubted = false;
    }
    for (const QuicEvent &event : m_events)
        if (QuicStream *stream = m_streams.find(event.stream);
            stream && event.kind == QuicEvent::Kind::Reset)
            giveUp(*stream); // our half goes too
}

void QuicConnection::tell(QuicEvent::Kind kind, StreamId stream)
{
    m_events.push_back({kind, stream});
}

void QuicConnection::addData(StreamId id, ByteView data, bool finished)
{
    QuicStream *stream = m_streams.find(id);
    if (!stream || stream->given) {
        ngtcp2_conn_extend_max_offset(m_library->connection, data.size());
        return;
    }
    if (data.empty() && !finished)
        return;
    stream->unconsumed += data.size();
    const std::size_t offset = m_inbox.size();
    m_inbox.insert(m_inbox.end(), data.begin(), data.end());
    // One packet's bytes follow another's: told as one piece, since a packet is small.
    if (!m_events.empty() && m_events.back().kind == QuicEvent::Kind::Data
        && m_events.back().stream == id) {
        m_events.back().length += data.size();
        m_events.back().finished = finished;
        return;
    }
    m_events.push_back({QuicEvent::Kind::Data, id, offset, data.size(), finished});
}

void QuicConnection::clearReceived()
{
    m_inbox.clear();
    if (m_inbox.capacity() > INBOX_KEEP_BYTES)
        m_inbox.shrink_to_fit();
}

// ---- time and failure -------------------------------------------------------------------

Instant QuicConnection::deadline() const
{
    if (!m_library || m_error)
        return NEVER;
    const ngtcp2_tstamp expiry = ngtcp2_conn_get_expiry(m_library->connection);
    if (expiry >= static_cast<ngtcp2_tstamp>(NEVER.time_since_epoch().count()))
        return NEVER;
    return Instant(std::chrono::nanoseconds(expiry));
}

void QuicConnection::handleTimeout(Instant now)
{
    if (!m_library || m_error || now < deadline())
        return;
    if (const int code = ngtcp2_conn_handle_expiry(m_library->connection, stampOf(now)); code != 0)
        fail(code, now);
}

Duration QuicConnection::roundTrip() const
{
    if (!m_library)
        return 0ms;
    return std::chrono::nanoseconds(smoothedRoundTrip(m_library->connection));
}

ChannelVitals QuicConnection::vitals() const
{
    return {m_library && bytesInFlight(m_library->connection) > 0, m_flyingSince, m_progress,
            roundTrip()};
}

void QuicConnection::setKeepAlive(Duration interval)
{
    if (m_library)
        ngtcp2_conn_set_keep_alive_timeout(m_library->connection, nanoseconds(interval));
}

void QuicConnection::fail(int code, Instant now)
{
    ngtcp2_conn *connection = m_library->connection;
    qCDebug(logTransport) << "QUIC connection failed:" << ngtcp2_strerror(code);
    if (code == NGTCP2_ERR_DRAINING || code == NGTCP2_ERR_CLOSING) {
        const CloseReason reason = reasonOfPeer(connection);
        const bool alert = reason.error_code >= CRYPTO_ERROR && reason.error_code < 0x200;
        if (reason.type == CLOSED_BY_APPLICATION)
            m_error = errorOfCloseCode(reason.error_code);
        else if (alert)
            m_error = alertError(static_cast<std::uint8_t>(reason.error_code - CRYPTO_ERROR));
        else
            m_error = channel_error::notOurProtocol();
        return;
    }
    if (code == NGTCP2_ERR_IDLE_CLOSE)
        m_error = channel_error::silent();
    else if (code == NGTCP2_ERR_HANDSHAKE_TIMEOUT)
        m_error = channel_error::handshakeTimeout();
    else if (m_wrongKey)
        m_error = channel_error::wrongKey();
    else
        m_error = channel_error::notOurProtocol();
    if (code == NGTCP2_ERR_IDLE_CLOSE || code == NGTCP2_ERR_DROP_CONN)
        return;
    CloseReason reason{};
    setLibraryReason(reason, code, ngtcp2_conn_get_tls_alert(connection));
    writeClosePacket(&reason, now);
}

void QuicConnection::close(std::uint32_t code, Instant now)
{
    if (m_error)
        return;
    m_error = errorOfCloseCode(code);
    if (!m_library)
        return;
    CloseReason reason{};
    setApplicationReason(reason, code);
    writeClosePacket(&reason, now);
}

void QuicConnection::writeClosePacket(const void *reason, Instant now)
{
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    QByteArray packet(ETHERNET_UDP_PAYLOAD, Qt::Uninitialized);
    const auto size = ngtcp2_conn_write_connection_close(
        m_library->connection, &path.path, &info, reinterpret_cast<std::uint8_t *>(packet.data()),
        static_cast<std::size_t>(packet.size()), static_cast<const CloseReason *>(reason),
        stampOf(now));
    packet.truncate(std::max<qsizetype>(0, size));
    m_closePacket = packet;
}

} // namespace postern
