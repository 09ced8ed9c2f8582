#include "app/cli/commands/offer_prompt.h"

#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <algorithm>

namespace postern::cli {

namespace {

QString entryLine(const OfferEntry &entry, int columns)
{
    const auto size = entry.kind == EntryKind::Folder ? Cli::tr("folder") : byteCount(entry.bytes);
    const int room = std::max(columns - 6 - columnsOf(size), 10);
    return QStringLiteral("    %1  %2").arg(elided(plainText(entry.path), room), size);
}

} // namespace

QStringList offerDescription(const OfferInfo &offer, int columns, int entries)
{
    const auto files =
        offer.files == 1 ? Cli::tr("1 file") : Cli::tr("%n files", nullptr, int(offer.files));
    const int room = std::max(columns / 2, 20);
    QStringList lines{
        Cli::tr("%1 (%2) wants to send you %3, %4:")
            .arg(elided(plainText(offer.contact), room), elided(plainText(offer.device), room),
                 files, byteCount(offer.bytes)),
        Cli::tr("  %1").arg(elided(plainText(offer.title), columns - 2)),
        offer.freeBytes < 0 ? Cli::tr("  into %1").arg(plainText(offer.destination))
                            : Cli::tr("  into %1 (%2 free)")
                                  .arg(plainText(offer.destination), byteCount(offer.freeBytes)),
    };
    const auto shown = std::min<qsizetype>(offer.entries.size(), entries);
    for (qsizetype i = 0; i < shown && offer.entries.size() > 1; ++i)
        lines << entryLine(offer.entries[i], columns);
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
    askFirst();
}

void OfferPrompt::askFirst()
{
    const auto question = m_waiting.first().entries.size() > ENTRIES_AT_FIRST
        ? Cli::tr("Accept? [y/N, l lists everything]")
        : Cli::tr("Accept? [y/N]");
    m_console.ask(question, [this](const std::optional<QString> &line) { answered(line); });
}

void OfferPrompt::answered(const std::optional<QString> &line)
{
    const auto answer = line.value_or(QString()).toLower();
    if (answer == u'l') {
        const auto &offer = m_waiting.first();
        for (const auto &entry : offer.entries)
            m_console.warn(entryLine(entry, m_console.columns()));
        if (const auto more = offer.files + offer.folders - offer.entries.size(); more > 0)
            m_console.warn(Cli::tr("    and %n more", nullptr, int(more)));
        askFirst();
        return;
    }
    settle(answer == u'y' || answer == u"yes");
}

void OfferPrompt::settle(bool accept)
{
    const auto id = m_waiting.takeFirst().id;
    m_decided(id, accept);
    askNext();
}

} // namespace postern::cli
