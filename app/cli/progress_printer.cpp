#include "app/cli/progress_printer.h"

#include "app/cli/json_events.h"
#include "app/cli/terminal_text.h"
#include "app/cli/translation.h"

#include <algorithm>
#include <cmath>

namespace postern::cli {

namespace {

constexpr auto TERMINAL_INTERVAL = 100ms; // smooth enough, and no load for a slow terminal
constexpr auto PLAIN_INTERVAL = 5s;
constexpr int WIDEST_TITLE = 24;
constexpr int NARROWEST_BAR = 8;
constexpr int WIDEST_BAR = 40;
const auto GAP = QStringLiteral("  ");

double shareDone(const TransferInfo &transfer)
{
    if (transfer.totalBytes <= 0)
        return 1;
    return std::clamp(double(transfer.bytes) / double(transfer.totalBytes), 0.0, 1.0);
}

QString bar(double share, int columns)
{
    const int inside = columns - 2;
    const int filled = int(std::floor(share * inside));
    QString line(filled, QLatin1Char('='));
    if (filled < inside)
        line += QLatin1Char('>');
    return QLatin1Char('[') + line.leftJustified(inside) + QLatin1Char(']');
}

/// The parts of a progress line after the bar, the most needed first.
QStringList figures(const TransferInfo &transfer)
{
    QStringList parts{QStringLiteral("%1%").arg(int(shareDone(transfer) * 100), 3)};
    if (transfer.state == TransferState::Stalled)
        parts << Cli::tr("stalled");
    else if (transfer.state == TransferState::Paused)
        parts << Cli::tr("paused");
    else if (transfer.state == TransferState::Resuming)
        parts << Cli::tr("resuming");
    else if (transfer.state == TransferState::Verifying)
        parts << Cli::tr("verifying");
    else
        parts << Cli::tr("%1/s").arg(byteCount(qint64(transfer.rate)));
    if (transfer.secondsLeft >= 0)
        parts << Cli::tr("%1 left").arg(clockTime(transfer.secondsLeft));
    parts << Cli::tr("%1 of %2").arg(byteCount(transfer.bytes), byteCount(transfer.totalBytes));
    if (transfer.path)
        parts << pathKindName(transfer.path->kind).toUpper();
    return parts;
}

/// Several transfers at once as if they were one: a terminal has one line in place.
TransferInfo together(const QHash<TransferId, TransferInfo> &running)
{
    auto sum = *running.begin();
    if (running.size() == 1)
        return sum;
    sum.title = Cli::tr("%n transfers", nullptr, int(running.size()));
    sum.bytes = sum.totalBytes = 0;
    sum.rate = 0;
    sum.path.reset();
    sum.state = TransferState::Transferring;
    for (const auto &transfer : running) {
        sum.bytes += transfer.bytes;
        sum.totalBytes += transfer.totalBytes;
        sum.rate += transfer.rate;
    }
    sum.secondsLeft = sum.rate >= 1 ? qint64(double(sum.totalBytes - sum.bytes) / sum.rate) : -1;
    return sum;
}

QString titleOf(const TransferInfo &transfer) { return elided(plainText(transfer.title), 60); }

QString amount(const TransferInfo &transfer)
{
    if (!transfer.text.isEmpty())
        return Cli::tr("a text");
    const auto files =
        transfer.files == 1 ? Cli::tr("1 file") : Cli::tr("%n files", nullptr, int(transfer.files));
    return Cli::tr("%1, %2").arg(files, byteCount(transfer.totalBytes));
}

QString offeredSentence(const TransferInfo &transfer)
{
    const auto pattern = transfer.direction == Direction::Sending
        ? Cli::tr("Offered %1 (%2) to %3; waiting for an answer.")
        : Cli::tr("%3 offers %1 (%2).");
    return pattern.arg(titleOf(transfer), amount(transfer), plainText(transfer.contact));
}

QString pausedSentence(const TransferInfo &transfer)
{
    if (transfer.pausedBy == PausedBy::Trouble && transfer.problem)
        return Cli::tr("Paused, and goes on by itself once this is cured: %1")
            .arg(plainText(transfer.problem->message));
    if (transfer.pausedBy == PausedBy::Them)
        return Cli::tr("%1 paused %2; it goes on when they resume it.")
            .arg(plainText(transfer.contact), titleOf(transfer));
    return Cli::tr("Paused: %1.").arg(titleOf(transfer));
}

QString queuedSentence(const TransferInfo &transfer)
{
    if (transfer.place == 0)
        return Cli::tr("%1 is the next to go to %2.")
            .arg(titleOf(transfer), plainText(transfer.contact));
    const auto before =
        transfer.place == 1 ? Cli::tr("one") : Cli::tr("%n", nullptr, transfer.place);
    return Cli::tr("%1 waits; %3 to %2 before it.")
        .arg(titleOf(transfer), plainText(transfer.contact), before);
}

QString pathSentence(const TransferInfo &transfer)
{
    const auto path = transfer.path.value_or(PathInfo{});
    const auto connected =
        Cli::tr("Connected by %1 to %2 (%3, %4 ms).")
            .arg(pathKindName(path.kind).toUpper(), path.remote.toString(),
                 plainText(path.strategy), QString::number(path.elapsed.count()));
    return path.explanation.isEmpty() ? connected : connected + QLatin1Char(' ') + path.explanation;
}

QString doneSentence(const TransferInfo &transfer)
{
    if (!transfer.text.isEmpty())
        return (transfer.direction == Direction::Sending ? Cli::tr("Delivered: a text to %1.")
                                                         : Cli::tr("Received: a text from %1."))
            .arg(plainText(transfer.contact));
    const double seconds = double(std::max<qint64>(transfer.elapsedMs, 1)) / 1000;
    const auto rate = byteCount(qint64(double(transfer.totalBytes) / seconds));
    const auto pattern = transfer.direction == Direction::Sending
        ? Cli::tr("Delivered and verified: %1 (%2) to %3 in %4 s, %5/s.")
        : Cli::tr("Received and verified: %1 (%2) from %3 in %4 s, %5/s.");
    const auto what = transfer.direction == Direction::Sending || transfer.location.isEmpty()
        ? titleOf(transfer)
        : plainText(transfer.location);
    return pattern.arg(what, amount(transfer), plainText(transfer.contact),
                       QString::number(seconds, 'f', 1), rate);
}

} // namespace

QString progressLine(const TransferInfo &transfer, int columns)
{
    const auto title = elided(plainText(transfer.title), std::clamp(columns / 4, 4, WIDEST_TITLE));
    auto parts = figures(transfer);
    const auto fixed = [&] {
        return columnsOf(title) + int(GAP.size()) + columnsOf(parts.join(GAP));
    };
    while (parts.size() > 2 && fixed() + 1 + NARROWEST_BAR > columns)
        parts.removeLast();
    const int room = columns - fixed() - 1;
    if (room >= NARROWEST_BAR)
        return title + QLatin1Char(' ') + bar(shareDone(transfer), std::min(room, WIDEST_BAR)) + GAP
            + parts.join(GAP);
    return elided(parts.join(GAP), columns);
}

ProgressPrinter::ProgressPrinter(Console &console)
    : m_console(console)
{
}

void ProgressPrinter::report(TransferStep step, const TransferInfo &transfer, Instant now)
{
    switch (step) {
    case TransferStep::Waiting:
        m_console.print(Cli::tr("%1 is offline; what you send waits for them.")
                            .arg(plainText(transfer.contact)));
        break;
    case TransferStep::Queued: m_console.print(queuedSentence(transfer)); break;
    case TransferStep::Paused:
        m_running.remove(transfer.id);
        m_console.print(pausedSentence(transfer));
        break;
    case TransferStep::Resumed:
        m_console.print(Cli::tr("Going on: %1.").arg(titleOf(transfer)));
        break;
    case TransferStep::Text: printText(transfer); break;
    case TransferStep::Offered: m_console.print(offeredSentence(transfer)); break;
    case TransferStep::Accepted:
        m_nextShown = now + (m_console.isTerminal() ? Duration::zero() : Duration(PLAIN_INTERVAL));
        break;
    case TransferStep::Path: m_console.print(pathSentence(transfer)); break;
    case TransferStep::FirstByte: break; // the progress shows it
    case TransferStep::Progress:
        m_running.insert(transfer.id, transfer);
        showProgress(now);
        break;
    case TransferStep::Done:
        m_running.remove(transfer.id);
        m_console.print(doneSentence(transfer));
        for (const auto &note : transfer.notes)
            m_console.print(plainText(note));
        break;
    case TransferStep::Failed:
        m_running.remove(transfer.id);
        m_console.warn(plainText(problemOf(transfer).message));
        break;
    }
}

void ProgressPrinter::printText(const TransferInfo &transfer)
{
    m_console.print(Cli::tr("Text from %1:").arg(plainText(transfer.contact)));
    for (const auto &line : plainLines(transfer.text))
        m_console.print(line);
}

void ProgressPrinter::showProgress(Instant now)
{
    if (now < m_nextShown || m_running.isEmpty())
        return;
    const auto transfer = together(m_running);
    if (m_console.isTerminal()) {
        // One column stays free: a full last column makes some terminals wrap.
        m_console.showInPlace(progressLine(transfer, m_console.columns() - 1));
        m_nextShown = now + TERMINAL_INTERVAL;
    } else {
        m_console.print(figures(transfer).join(GAP).trimmed() + GAP + titleOf(transfer));
        m_nextShown = now + PLAIN_INTERVAL;
    }
}

} // namespace postern::cli
