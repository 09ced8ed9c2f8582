#include "app/cli/offer_choice.h"

#include "app/cli/translation.h"

#include <QRegularExpression>
#include <QSet>

#include <algorithm>

namespace postern::cli {

namespace {

/// In one of the folders, at any depth.
bool isWithin(const QString &path, const QSet<QString> &folders)
{
    for (auto slash = path.lastIndexOf(u'/'); slash > 0; slash = path.lastIndexOf(u'/', slash - 1))
        if (folders.contains(path.left(slash)))
            return true;
    return false;
}

QList<int> ascending(const QSet<int> &positions)
{
    auto list = positions.values();
    std::sort(list.begin(), list.end());
    return list;
}

} // namespace

Result<QList<int>> entriesNumbered(const OfferInfo &offer, const QString &numbers)
{
    static const QRegularExpression between(QStringLiteral("[\\s,]+"));
    static const QRegularExpression shape(QStringLiteral("^([0-9]{1,6})(?:-([0-9]{1,6}))?$"));
    QSet<int> positions;
    for (const auto &word : numbers.split(between, Qt::SkipEmptyParts)) {
        const auto match = shape.match(word);
        const int first = match.captured(1).toInt();
        const int last = match.captured(2).isEmpty() ? first : match.captured(2).toInt();
        if (!match.hasMatch() || first < 1 || last < first || last > offer.entries.size())
            return Error{ErrorCode::InvalidArgument,
                         Cli::tr("\"%1\" is none of the numbers; write them as 3 5-8, up to %2.")
                             .arg(word.left(40))
                             .arg(offer.entries.size())};
        for (int number = first; number <= last; ++number)
            positions << number - 1;
    }
    return ascending(positions);
}

Result<QList<int>> entriesMatching(const OfferInfo &offer, const QStringList &patterns)
{
    QSet<int> positions;
    for (const auto &pattern : patterns) {
        const QRegularExpression shape(QRegularExpression::wildcardToRegularExpression(pattern),
                                       QRegularExpression::CaseInsensitiveOption
                                           | QRegularExpression::UseUnicodePropertiesOption);
        bool matched = false;
        for (qsizetype i = 0; i < offer.entries.size(); ++i) {
            const auto &path = offer.entries[i].path;
            if (!shape.match(path).hasMatch() && !shape.match(path.section(u'/', -1)).hasMatch())
                continue;
            positions << int(i);
            matched = true;
        }
        if (!matched)
            return Error{ErrorCode::InvalidArgument,
                         Cli::tr("Nothing in the offer is named \"%1\"; nothing was accepted.")
                             .arg(pattern.left(200))};
    }
    return ascending(positions);
}

OfferRemainder remainderOf(const OfferInfo &offer, const QList<int> &leaveOut)
{
    const QSet<int> out(leaveOut.begin(), leaveOut.end());
    QSet<QString> foldersOut;
    for (const int position : leaveOut)
        if (offer.entries[position].kind == EntryKind::Folder)
            foldersOut << offer.entries[position].path;
    OfferRemainder left{offer.files, offer.folders, offer.bytes};
    for (qsizetype i = 0; i < offer.entries.size(); ++i) {
        const auto &entry = offer.entries[i];
        if (!out.contains(int(i)) && !isWithin(entry.path, foldersOut))
            continue;
        left.bytes -= entry.bytes;
        --(entry.kind == EntryKind::Folder ? left.folders : left.files);
    }
    return left;
}

} // namespace postern::cli
