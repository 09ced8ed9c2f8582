#include "core/signalling/server_trust.h"

#include <QCoreApplication>

namespace postern {

namespace {

Error keyChanged()
{
    return {ErrorCode::ServerKeyChanged,
            QCoreApplication::translate("Signalling",
                                        "The server's certificate is not the one that was agreed "
                                        "on: ask its operator for the new address with "
                                        "fingerprint before you sign in again.")};
}

} // namespace

Result<void> judgeServer(const ServerAddress &meant, const QByteArray &remembered,
                         const SeenCertificate &seen)
{
    if (!meant.certificateSha256.isEmpty())
        return seen.sha256 == meant.certificateSha256 ? Result<void>() : keyChanged();
    if (seen.systemProblem.isEmpty())
        return {};
    if (remembered.isEmpty())
        return Error{ErrorCode::InvalidArgument,
                     QCoreApplication::translate(
                         "Signalling",
                         "No authority known to this computer vouches for the server (%1): if "
                         "it is a server of your own, sign in with the whole address that it "
                         "printed at its start, “%2#sha256:…”.")
                         .arg(seen.systemProblem, meant.hostAndPort())};
    if (seen.sha256 != remembered)
        return keyChanged();
    return Error{ErrorCode::Unavailable,
                 QCoreApplication::translate("Signalling",
                                             "The server's certificate is no longer valid (%1): "
                                             "its operator must renew it.")
                     .arg(seen.systemProblem)};
}

} // namespace postern
