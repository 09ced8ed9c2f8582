#pragma once
// What QuicConnection's two sources share of ngtcp2: its handles, and the differences
// between 0.12 (Debian 12) and 1.x under one name each. Nobody else includes this.

#include "core/net/platform_socket.h"
#include "core/transport/peer_channel.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_gnutls.h>

namespace postern::quic {

#if NGTCP2_VERSION_NUM >= 0x010000
using CloseReason = ngtcp2_ccerr;
inline constexpr auto CLOSED_BY_APPLICATION = NGTCP2_CCERR_TYPE_APPLICATION;
inline constexpr auto BBR = NGTCP2_CC_ALGO_BBR;

inline void setLibraryReason(CloseReason &reason, int code, std::uint8_t alert)
{
    if (code == NGTCP2_ERR_CRYPTO)
        ngtcp2_ccerr_set_tls_alert(&reason, alert, nullptr, 0);
    else
        ngtcp2_ccerr_set_liberr(&reason, code, nullptr, 0);
}
inline void setApplicationReason(CloseReason &reason, std::uint64_t code)
{
    ngtcp2_ccerr_set_application_error(&reason, code, nullptr, 0);
}
inline CloseReason reasonOfPeer(ngtcp2_conn *connection)
{
    return *ngtcp2_conn_get_ccerr(connection);
}
inline void setOriginalId(ngtcp2_transport_params &params, const ngtcp2_cid &id)
{
    params.original_dcid = id;
    params.original_dcid_present = 1;
}
inline double pacingRate(ngtcp2_conn *) { return 0; }
inline ngtcp2_duration smoothedRoundTrip(ngtcp2_conn *connection)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(connection, &info);
    return info.smoothed_rtt;
}
inline std::uint64_t bytesInFlight(ngtcp2_conn *connection)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(connection, &info);
    return info.bytes_in_flight;
}
inline int shutDownStream(ngtcp2_conn *connection, StreamId stream)
{
    return ngtcp2_conn_shutdown_stream(connection, 0, static_cast<std::int64_t>(stream), 0);
}
#else
using CloseReason = ngtcp2_connection_close_error;
inline constexpr auto CLOSED_BY_APPLICATION = NGTCP2_CONNECTION_CLOSE_ERROR_CODE_TYPE_APPLICATION;
inline constexpr auto BBR = NGTCP2_CC_ALGO_BBR2;

inline void setLibraryReason(CloseReason &reason, int code, std::uint8_t alert)
{
    if (code == NGTCP2_ERR_CRYPTO)
        ngtcp2_connection_close_error_set_transport_error_tls_alert(&reason, alert, nullptr, 0);
    else
        ngtcp2_connection_close_error_set_transport_error_liberr(&reason, code, nullptr, 0);
}
inline void setApplicationReason(CloseReason &reason, std::uint64_t code)
{
    ngtcp2_connection_close_error_set_application_error(&reason, code, nullptr, 0);
}
inline CloseReason reasonOfPeer(ngtcp2_conn *connection)
{
    CloseReason reason;
    ngtcp2_conn_get_connection_close_error(connection, &reason);
    return reason;
}
inline void setOriginalId(ngtcp2_transport_params &params, const ngtcp2_cid &id)
{
    params.original_dcid = id;
}
/// Bytes a nanosecond; 0 where the library does not tell (1.x), or does not pace.
inline double pacingRate(ngtcp2_conn *connection)
{
    ngtcp2_conn_stat stat;
    ngtcp2_conn_get_conn_stat(connection, &stat);
    return stat.pacing_rate;
}
inline ngtcp2_duration smoothedRoundTrip(ngtcp2_conn *connection)
{
    ngtcp2_conn_stat stat;
    ngtcp2_conn_get_conn_stat(connection, &stat);
    return stat.smoothed_rtt;
}
inline std::uint64_t bytesInFlight(ngtcp2_conn *connection)
{
    ngtcp2_conn_stat stat;
    ngtcp2_conn_get_conn_stat(connection, &stat);
    return stat.bytes_in_flight;
}
inline int shutDownStream(ngtcp2_conn *connection, StreamId stream)
{
    return ngtcp2_conn_shutdown_stream(connection, static_cast<std::int64_t>(stream), 0);
}
#endif

inline ngtcp2_tstamp stampOf(Instant now)
{
    return static_cast<ngtcp2_tstamp>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count());
}

inline ngtcp2_duration nanoseconds(Duration duration)
{
    return static_cast<ngtcp2_duration>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count());
}

/// A path as ngtcp2 wants it; the addresses live in this object.
struct Path {
    net::SocketAddress local;
    net::SocketAddress remote;
    ngtcp2_path path{};

    Path(const Endpoint &localEnd, const Endpoint &remoteEnd)
        : local(localEnd)
        , remote(remoteEnd)
    {
        path.local = {local.data(), local.length};
        path.remote = {remote.data(), remote.length};
    }
};

} // namespace postern::quic

namespace postern {

/// The library's handles of one connection.
struct QuicLibrary {
    ~QuicLibrary()
    {
        ngtcp2_conn_del(connection);
        if (tls)
            gnutls_deinit(tls);
    }

    ngtcp2_conn *connection = nullptr;
    gnutls_session_t tls = nullptr;
    ngtcp2_crypto_conn_ref reference{};
    std::unique_ptr<quic::Path> path; ///< the one every datagram is counted to
};

} // namespace postern
