#include "core/signalling/failure_text.h"

#include <QCoreApplication>

namespace postern {

namespace {

struct Meaning {
    wire::FailureCode failure;
    ErrorCode error;
    const char *sentence;
};

constexpr Meaning MEANINGS[] = {
    {wire::FailureCode::BadRequest, ErrorCode::Protocol,
     QT_TRANSLATE_NOOP("Signalling", "The server did not understand us: update Postern.")},
    {wire::FailureCode::SignInRefused, ErrorCode::SignInRefused,
     QT_TRANSLATE_NOOP("Signalling",
                       "The server refused the sign-in: check the name and the password.")},
    {wire::FailureCode::NameTaken, ErrorCode::SignInRefused,
     QT_TRANSLATE_NOOP("Signalling",
                       "This name is taken: choose another, or sign in if it is yours.")},
    {wire::FailureCode::NameInvalid, ErrorCode::InvalidArgument,
     QT_TRANSLATE_NOOP("Signalling",
                       "The server does not allow this name: choose a shorter or simpler one.")},
    {wire::FailureCode::PasswordTooShort, ErrorCode::InvalidArgument,
     QT_TRANSLATE_NOOP("Signalling", "The password is too short: choose a longer one.")},
    {wire::FailureCode::RegistrationClosed, ErrorCode::SignInRefused,
     QT_TRANSLATE_NOOP("Signalling",
                       "This server takes no new accounts: ask its operator for an account.")},
    {wire::FailureCode::InviteInvalid, ErrorCode::SignInRefused,
     QT_TRANSLATE_NOOP("Signalling", "The invitation is not valid (any more): ask for a new one.")},
    {wire::FailureCode::RateLimited, ErrorCode::LimitExceeded,
     QT_TRANSLATE_NOOP("Signalling",
                       "The server takes no more attempts for now: wait a few minutes.")},
    {wire::FailureCode::PeerOffline, ErrorCode::PeerOffline,
     QT_TRANSLATE_NOOP("Signalling",
                       "The contact is offline: try again when the contact is back.")},
    {wire::FailureCode::NotAContact, ErrorCode::NotFound,
     QT_TRANSLATE_NOOP("Signalling",
                       "This name is not among your contacts: add it as a contact first.")},
    {wire::FailureCode::Limit, ErrorCode::LimitExceeded,
     QT_TRANSLATE_NOOP("Signalling",
                       "The server's limit is reached: remove something you no longer need.")},
    {wire::FailureCode::ShuttingDown, ErrorCode::Unavailable,
     QT_TRANSLATE_NOOP("Signalling",
                       "The server is restarting: Postern connects again by itself.")},
    {wire::FailureCode::Internal, ErrorCode::Unavailable,
     QT_TRANSLATE_NOOP("Signalling", "The server had an internal error: try again later.")},
};

} // namespace

QString shownText(const QString &foreign)
{
    constexpr QChar NON_JOINER(0x200c); // Persian and emoji need these two format characters
    constexpr QChar JOINER(0x200d);
    QString shown;
    shown.reserve(foreign.size());
    for (const QChar c : foreign) {
        if (c == NON_JOINER || c == JOINER)
            shown += c;
        else if (c.category() != QChar::Other_Control && c.category() != QChar::Other_Format
                 && c.category() != QChar::Separator_Line
                 && c.category() != QChar::Separator_Paragraph)
            shown += c;
    }
    return shown.trimmed();
}

Error errorOf(const wire::Failure &failure)
{
    if (failure.code == wire::FailureCode::Incompatible)
        return {ErrorCode::Incompatible, shownText(failure.message)};
    for (const Meaning &meaning : MEANINGS) {
        if (meaning.failure == failure.code)
            return {meaning.error, QCoreApplication::translate("Signalling", meaning.sentence)};
    }
    return {ErrorCode::Protocol, shownText(failure.message)};
}

} // namespace postern
