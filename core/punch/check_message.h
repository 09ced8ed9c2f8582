#pragma once
// The STUN messages of connectivity checks: made, and read only where they are authentic.
// Pure; any thread. Source: RFC 8445 section 7.

#include "core/punch/offer.h"
#include "core/stun/message_writer.h"

namespace postern::punch {

/// One check as it goes out.
struct CheckRequest {
    stun::TransactionId transaction;
    QString localUfrag;
    QString remoteUfrag;
    QString remotePassword;
    Role role = Role::Controlling;
    std::uint64_t tieBreaker = 0;
    std::uint32_t priority = 0;
    bool nominate = false;
};
QByteArray checkRequest(const CheckRequest &check);

/// The answers to a check, made with our own password as the check was.
QByteArray checkSuccess(const stun::Message &request, const Endpoint &seenAt,
                        const QString &localPassword);
QByteArray checkRoleConflict(const stun::Message &request, const QString &localPassword);

/// What an authentic check says.
struct ReceivedCheck {
    QString peerUfrag;
    Role peerRole = Role::Controlling;
    std::uint64_t tieBreaker = 0;
    std::uint32_t priority = 0;
    bool nominate = false;
};
/// Nothing unless the request is addressed to `local` and made with its password.
std::optional<ReceivedCheck> readCheck(const stun::Message &request, const Credentials &local);

/// Whose check this is: the user fragment of the session it is addressed to. Not
/// authenticated; for finding the agent among those that share a socket.
std::optional<QString> addressedUfrag(ByteView datagram);

} // namespace postern::punch
