#pragma once
// Where a rendezvous is, as people write it down: "host", "host:port", "[v6]:port", each with
// or without "#sha256:<64 hex digits>", the fingerprint of the server's certificate. With a
// fingerprint only that very certificate is accepted; without one the system's certificate
// authorities must vouch for the host. Value, any thread.

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

namespace postern {

struct ServerAddress {
    static constexpr quint16 DEFAULT_PORT = 7788;

    QString host; ///< a lower-case name, or a numeric address without brackets
    quint16 port = DEFAULT_PORT;
    QByteArray certificateSha256; ///< 32 bytes, or empty: the system's authorities decide

    static Result<ServerAddress> parse(const QString &text);

    /// The whole address in its one spelling, the port always told.
    QString toString() const;
    /// The same without the fingerprint.
    QString hostAndPort() const;

    friend bool operator==(const ServerAddress &, const ServerAddress &) = default;
};

} // namespace postern
