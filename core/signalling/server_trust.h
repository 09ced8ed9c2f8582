#pragma once
// Whether the server that answered is the one that was meant. Pure; any thread.
//
//   address carries a fingerprint:      that very certificate, nothing else
//   it does not, authorities vouch:     trusted (certificates of authorities are renewed often,
//                                       so a new one is no alarm)
//   nobody vouches, certificate is new: ServerKeyChanged if another was seen before
//   nobody vouches, never seen one:     a sentence that asks for the address with fingerprint

#include "core/signalling/server_address.h"

namespace postern {

struct SeenCertificate {
    QByteArray sha256; ///< of its DER
    QString systemProblem; ///< why the system's authorities don't vouch; empty: they do
};

/// `remembered` is the SHA-256 of the certificate of the first sign-in, empty before it.
Result<void> judgeServer(const ServerAddress &meant, const QByteArray &remembered,
                         const SeenCertificate &seen);

} // namespace postern
