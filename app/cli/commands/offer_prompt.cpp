#include "app/cli/commands/offer_prompt.h"

#include "app/cli/offer_choice.h"
#include "app/cli/target_folder.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <algorithm>

namespace postern::cli {

namespace {

constexpr int TEXT_LINES_SHOWN = 10;

/// With the number that leaves it out.
QString entryLine(const OfferInfo &offer, qsizetype position, int columns)
{
    const auto &entry = offer.entries[position];
    const auto size = entry.kind == EntryKind::Folder ? Cli::tr("folder") : byteCount(entry.bytes);
    const auto number = QString::number(position + 1)
                            .rightJustified(QString::number(offer.entries.size()).size() + 2);
    const int room = std::max(columns - 4 - int(number.size()) - columnsOf(size), 10);
    return QStringLiteral("%1  %2  %3").arg(number, elided(plainText(entry.path), room), size);
}

QString filesAndBytes(qint64 files, qint64 bytes)
{
    return Cli::tr("%1, %2").arg(files == 1 ? Cli::tr("1 file")
                                            : Cli::tr("%n files", nullptr, int(files)),
                                 byteCount(bytes));
}

QStringList textDescription(const OfferInfo &offer, int columns)
{
    const int room = std::max(columns / 2, 20);
    QStringList lines{
        Cli::tr("%1 (%2) wants to send you a text:")
            .arg(elided(plainText(offer.contact), room), elided(plainText(offer.device), room))};
    const auto text = plainLines(offer.text);
    for (const auto &line : text.first(std::min<qsizetype>(text.size(), TEXT_LINES_SHOWN)))
        lines << QStringLiteral("  ") + elided(line, columns - 2);
    if (text.size() > TEXT_LINES_SHOWN)
        lines << Cli::tr("    and %n more", nullptr, int(text.size() - TEXT_LINES_SHOWN));
    return lines;
}

/// What may be answered beside yes and no.
QString choicesFor(const OfferInfo &offer)
{
    if (!offer.text.isEmpty())
        return {};
    if (offer.entries.size() <= 1)
        return Cli::tr("  (\"into FOLDER\" chooses another folder)");
    return Cli::tr("  (l lists everything, \"x 2 5-8\" leaves those out, \"into FOLDER\" chooses "
                   "another folder)");
}

} // namespace

QStringList offerDescription(const OfferInfo &offer, int columns, int entries)
{
    if (!offer.text.isEmpty())
        return textDescription(offer, columns);
    const int room = std::max(columns / 2, 20);
    QStringList lines{
        Cli::tr("%1 (%2) wants to send you %3:")
            .arg(elided(plainText(offer.contact), room), elided(plainText(offer.device), room),
                 filesAndBytes(offer.files, offer.bytes)),
        Cli::tr("  %1").arg(elided(plainText(offer.title), columns - 2)),
        offer.freeBytes < 0 ? Cli::tr("  into %1").arg(plainText(offer.destination))
                            : Cli::tr("  into %1 (%2 free)")
                                  .arg(plainText(offer.destination), byteCount(offer.freeBytes)),
    };
    const auto shown = std::min<qsizetype>(offer.entries.size(), entries);
    for (qsizetype i = 0; i < shown && offer.entries.size() > 1; ++i)
        lines << entryLine(offer, i, columns);
    const auto hidden = offer.files + offer.folders - shown;
    if (hidden > 0 && offer.entries.size() > 1)
        lines << Cli::tr("    and %n more", nullptr, int(hidden));
    return lines;
}

OfferPrompt::OfferPrompt(Console &console, Decided decided)
    : m_console(console)
    , m_decided(std::move(decided))
{
}

void OfferPrompt::add(const OfferInfo &offer)
{
    m_waiting << offer;
    if (m_waiting.size() == 1)
        askNext();
}

void OfferPrompt::withdraw(const TransferId &id)
{
    const bool asking = !m_waiting.isEmpty() && m_waiting.first().id == id;
    m_waiting.removeIf([&id](const OfferInfo &offer) { return offer.id == id; });
    if (!asking)
        return;
    m_terms = {};
    m_console.withdrawQuestion();
    m_console.warn(Cli::tr("The offer was taken back."));
    askNext();
}

void OfferPrompt::askNext()
{
    if (m_waiting.isEmpty())
        return;
    const auto &offer = m_waiting.first();
    for (const auto &line : offerDescription(offer, m_console.columns(), ENTRIES_AT_FIRST))
        m_console.warn(line);
    if (offer.problem) {
        m_console.warn(plainText(offer.problem->message));
        settle(false);
        return;
    }
    if (const auto choices = choicesFor(offer); !choices.isEmpty())
        m_console.warn(choices);
    askFirst();
}

void OfferPrompt::askFirst()
{
    m_console.ask(Cli::tr("Accept? [y/N]"),
                  [this](const std::optional<QString> &line) { answered(line); });
}

void OfferPrompt::answered(const std::optional<QString> &line)
{
    const auto answer = line.value_or(QString());
    const auto word = answer.section(u' ', 0, 0).toLower();
    const auto rest = answer.section(u' ', 1).trimmed();
    const bool hasTree = m_waiting.first().entries.size() > 1;
    if (word == u'l' && hasTree)
        listEverything();
    else if (word == u'x' && hasTree)
        leaveOut(rest);
    else if (word == u"into" && m_waiting.first().text.isEmpty())
        landIn(rest);
    else {
        settle(word == u'y' || word == u"yes");
        return;
    }
    askFirst();
}

void OfferPrompt::listEverything()
{
    const auto &offer = m_waiting.first();
    for (qsizetype i = 0; i < offer.entries.size(); ++i)
        m_console.warn(entryLine(offer, i, m_console.columns()));
    if (const auto more = offer.files + offer.folders - offer.entries.size(); more > 0)
        m_console.warn(Cli::tr("    and %n more", nullptr, int(more)));
}

void OfferPrompt::leaveOut(const QString &numbers)
{
    const auto &offer = m_waiting.first();
    const auto positions = entriesNumbered(offer, numbers);
    if (!positions) {
        m_console.warn(plainText(positions.error().message));
        return;
    }
    const auto left = remainderOf(offer, *positions);
    if (left.files <= 0 && left.folders <= 0) {
        m_console.warn(Cli::tr("That would leave nothing; answer n to decline it all."));
        return;
    }
    m_terms.leaveOut = *positions;
    m_console.warn(Cli::tr("  %1 will be taken.").arg(filesAndBytes(left.files, left.bytes)));
}

void OfferPrompt::landIn(const QString &folder)
{
    const auto into = folder.isEmpty()
        ? Result<QString>(ErrorCode::InvalidArgument, Cli::tr("\"into\" needs a folder after it."))
        : targetFolder(folder);
    if (!into) {
        m_console.warn(plainText(into.error().message));
        return;
    }
    m_terms.into = *into;
    m_console.warn(Cli::tr("  into %1").arg(plainText(*into)));
}

void OfferPrompt::settle(bool accept)
{
    const auto id = m_waiting.takeFirst().id;
    const auto terms = std::exchange(m_terms, {});
    m_decided(id, accept ? std::optional(terms) : std::nullopt);
    askNext();
}

} // namespace postern::cli
