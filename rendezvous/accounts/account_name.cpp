#include "rendezvous/accounts/account_name.h"

#include "core/wire/rendezvous_messages.h"

namespace postern::rendezvous {

namespace {

bool mayStandAnywhere(char32_t c) { return QChar::isLetter(c) || QChar::isDigit(c); }

/// Marks belong to the letter before them: many scripts can't be written without.
bool mayStandInside(char32_t c)
{
    return mayStandAnywhere(c) || QChar::isMark(c) || c == U'.' || c == U'_' || c == U'-';
}

bool isInvisible(char32_t c)
{
    switch (QChar::category(c)) {
    case QChar::Other_Control:
    case QChar::Other_Format: // bidirectional controls, zero-width joiners
    case QChar::Other_Surrogate:
    case QChar::Other_PrivateUse:
    case QChar::Other_NotAssigned:
    case QChar::Separator_Line:
    case QChar::Separator_Paragraph: return true;
    default: return false;
    }
}

} // namespace

Result<QString> normalisedAccountName(const QString &typed)
{
    const Error bad{ErrorCode::InvalidArgument,
                    QStringLiteral("A name has 1 to 64 letters, digits, dots, hyphens or "
                                   "underscores and begins with a letter or a digit.")};
    // Folding may undo composition, hence the second pass.
    const QString name = typed.normalized(QString::NormalizationForm_C)
                             .toCaseFolded()
                             .normalized(QString::NormalizationForm_C);
    if (name.isEmpty() || name.toUtf8().size() > wire::NAME_LIMIT.most || !name.isValidUtf16())
        return bad;
    const auto letters = name.toUcs4();
    if (!mayStandAnywhere(letters.first()))
        return bad;
    for (const auto letter : letters) {
        if (!mayStandInside(letter))
            return bad;
    }
    return name;
}

QString safeDeviceName(const QString &typed)
{
    QString name;
    for (const auto letter : typed.toUcs4()) {
        if (!isInvisible(letter))
            name += QString::fromUcs4(reinterpret_cast<const char32_t *>(&letter), 1);
    }
    name = name.simplified();
    while (name.toUtf8().size() > wire::DEVICE_NAME_LIMIT.most)
        name.chop(name.size() > 1 && name.back().isLowSurrogate() ? 2 : 1);
    return name.isEmpty() ? QStringLiteral("device") : name;
}

} // namespace postern::rendezvous
