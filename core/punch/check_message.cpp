#include "core/punch/check_message.h"

namespace postern::punch {

using stun::Attribute;
using stun::Message;
using stun::MessageClass;
using stun::MessageWriter;
using stun::Method;

QByteArray checkRequest(const CheckRequest &check)
{
    // RFC 8445 section 7.2.2: the receiver's fragment comes first.
    const QString username = check.remoteUfrag + QLatin1Char(':') + check.localUfrag;
    const auto role =
        check.role == Role::Controlling ? Attribute::IceControlling : Attribute::IceControlled;
    MessageWriter writer(MessageClass::Request, Method::Binding, check.transaction);
    writer.text(Attribute::Username, username.toUtf8())
        .number32(Attribute::Priority, check.priority)
        .number64(role, check.tieBreaker);
    if (check.nominate)
        writer.flag(Attribute::UseCandidate);
    return writer.integrity(viewOf(check.remotePassword.toUtf8())).fingerprint().take();
}

QByteArray checkSuccess(const Message &request, const Endpoint &seenAt,
                        const QString &localPassword)
{
    return MessageWriter(MessageClass::Success, Method::Binding, request.transaction())
        .xorAddress(Attribute::XorMappedAddress, seenAt)
        .integrity(viewOf(localPassword.toUtf8()))
        .fingerprint()
        .take();
}

QByteArray checkRoleConflict(const Message &request, const QString &localPassword)
{
    return MessageWriter(MessageClass::Error, Method::Binding, request.transaction())
        .error(stun::StunError::RoleConflict, "Role Conflict")
        .integrity(viewOf(localPassword.toUtf8()))
        .fingerprint()
        .take();
}

std::optional<ReceivedCheck> readCheck(const Message &request, const Credentials &local)
{
    const auto username = request.text(Attribute::Username);
    const auto priority = request.number32(Attribute::Priority);
    const auto controlling = request.number64(Attribute::IceControlling);
    const auto controlled = request.number64(Attribute::IceControlled);
    if (!request.isBindingRequest() || !username || !priority
        || controlling.has_value() == controlled.has_value())
        return std::nullopt;
    const auto colon = username->indexOf(':');
    if (colon < 0 || username->left(colon) != local.ufrag.toUtf8()
        || !request.verifyIntegrity(viewOf(local.password.toUtf8()))
        || !request.unknownRequired().isEmpty())
        return std::nullopt;
    return ReceivedCheck{QString::fromUtf8(username->mid(colon + 1)),
                         controlling ? Role::Controlling : Role::Controlled,
                         controlling ? *controlling : *controlled, *priority,
                         request.has(Attribute::UseCandidate)};
}

std::optional<QString> addressedUfrag(ByteView datagram)
{
    const auto message = Message::parse(datagram);
    if (!message || !message->isBindingRequest())
        return std::nullopt;
    const auto username = message->text(Attribute::Username);
    const auto colon = username ? username->indexOf(':') : -1;
    if (colon < 0)
        return std::nullopt;
    return QString::fromUtf8(username->left(colon));
}

} // namespace postern::punch
