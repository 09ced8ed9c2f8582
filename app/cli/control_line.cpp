#include "app/cli/control_line.h"

#include "app/cli/byte_rate.h"
#include "app/cli/translation.h"

#include <QRegularExpression>

#include <array>

namespace postern::cli {

namespace {

struct Word {
    const char *word;
    ControlVerb verb;
    bool needsId;
    bool takesId;
};

constexpr std::array WORDS{
    Word{"pause", ControlVerb::Pause, false, true},
    Word{"resume", ControlVerb::Resume, false, true},
    Word{"cancel", ControlVerb::Cancel, false, true},
    Word{"retry", ControlVerb::Retry, false, true},
    Word{"move", ControlVerb::Move, true, true},
    Word{"limit", ControlVerb::Limit, false, true},
    Word{"up", ControlVerb::Up, false, false},
    Word{"down", ControlVerb::Down, false, false},
    Word{"accept", ControlVerb::Accept, true, true},
    Word{"decline", ControlVerb::Decline, true, true},
    Word{"list", ControlVerb::List, false, false},
    Word{"help", ControlVerb::Help, false, false},
};

Error refused(const QString &sentence) { return {ErrorCode::InvalidArgument, sentence}; }

/// The words of a line; text in double quotes is one word, or part of one.
Result<QStringList> wordsOf(const QString &line)
{
    QStringList words;
    QString word;
    bool quoted = false;
    bool inWord = false;
    for (qsizetype i = 0; i < line.size(); ++i) {
        const auto character = line[i];
        if (quoted && character == u'\\' && i + 1 < line.size()
            && (line[i + 1] == u'"' || line[i + 1] == u'\\')) {
            word += line[++i];
        } else if (character == u'"') {
            quoted = !quoted;
            inWord = true;
        } else if (character.isSpace() && !quoted) {
            if (inWord)
                words << std::exchange(word, {});
            inWord = false;
        } else {
            word += character;
            inWord = true;
        }
    }
    if (quoted)
        return refused(Cli::tr("A quotation mark is not closed; write it once more at its end."));
    if (inWord)
        words << word;
    return words;
}

bool isId(const QString &word)
{
    static const QRegularExpression shape(QStringLiteral("^[0-9a-fA-F]{1,32}$"));
    return shape.match(word).hasMatch();
}

Result<qint64> rateOf(const QString &word)
{
    if (word.compare(u"off", Qt::CaseInsensitive) == 0)
        return 0;
    return parseByteRate(word);
}

/// The word after the command, where it is a transfer's number.
Result<void> takeId(const Word &command, QStringList &words, ControlLine &line)
{
    // "limit 2" is a speed, "limit 2 1M" says which transfer's.
    const bool mayOmit = command.verb == ControlVerb::Limit && words.size() < 2;
    if (!command.takesId || mayOmit)
        return {};
    if (words.isEmpty()) {
        if (!command.needsId)
            return {};
        return refused(Cli::tr("\"%1\" needs a transfer's number; \"list\" shows them.")
                           .arg(QLatin1String(command.word)));
    }
    if (!isId(words.first()))
        return refused(
            Cli::tr("\"%1\" is no transfer's number; \"list\" shows them.").arg(words.first()));
    line.id = words.takeFirst().toLower();
    return {};
}

Result<void> takeTerms(QStringList &words, ControlLine &line)
{
    if (!words.isEmpty() && words.first() == u"into") {
        words.removeFirst();
        if (words.isEmpty())
            return refused(Cli::tr("\"into\" needs a folder after it."));
        line.into = words.takeFirst();
    }
    if (!words.isEmpty() && words.first() == u"without") {
        words.removeFirst();
        if (words.isEmpty())
            return refused(Cli::tr("\"without\" needs names after it, as *.mov."));
        line.without = std::exchange(words, {});
    }
    return {};
}

/// What stands after the command and the transfer's number.
Result<void> takeRest(QStringList &words, ControlLine &line)
{
    switch (line.verb) {
    case ControlVerb::Limit:
    case ControlVerb::Up:
    case ControlVerb::Down: {
        if (words.isEmpty())
            return refused(
                Cli::tr("\"%1\" needs a speed, as 2M, or \"off\".").arg(controlWord(line.verb)));
        const auto rate = rateOf(words.takeFirst());
        if (!rate)
            return rate.error();
        line.rate = *rate;
        return {};
    }
    case ControlVerb::Move: {
        bool isNumber = false;
        line.place = words.value(0).toInt(&isNumber);
        if (!isNumber || line.place < 0)
            return refused(Cli::tr("\"move\" needs a place after the number, 0 for the first."));
        words.removeFirst();
        return {};
    }
    case ControlVerb::Accept: return takeTerms(words, line);
    default: return {};
    }
}

} // namespace

QString controlWord(ControlVerb verb)
{
    for (const auto &word : WORDS)
        if (word.verb == verb)
            return QLatin1String(word.word);
    return {};
}

QString controlUsage()
{
    return Cli::tr("There are: pause [ID], resume [ID], cancel [ID], retry [ID], move ID PLACE, "
                   "limit [ID] RATE, up RATE, down RATE, accept ID [into FOLDER] [without "
                   "PATTERN...], decline ID, list, help.");
}

Result<std::optional<ControlLine>> parseControlLine(const QString &text)
{
    if (text.size() > LONGEST_CONTROL_LINE)
        return refused(Cli::tr("That line is longer than %1 characters; write a shorter one.")
                           .arg(LONGEST_CONTROL_LINE));
    auto words = wordsOf(text);
    if (!words)
        return words.error();
    if (words->isEmpty())
        return std::optional<ControlLine>();
    const auto name = words->takeFirst();
    for (const auto &command : WORDS) {
        if (name.compare(QLatin1String(command.word), Qt::CaseInsensitive) != 0)
            continue;
        ControlLine line;
        line.verb = command.verb;
        if (const auto taken = takeId(command, *words, line); !taken)
            return taken.error();
        if (const auto taken = takeRest(*words, line); !taken)
            return taken.error();
        if (!words->isEmpty())
            return refused(
                Cli::tr("\"%1\" is too much. %2").arg(words->first().left(40), controlUsage()));
        return std::optional(line);
    }
    return refused(Cli::tr("\"%1\" is no command. %2").arg(name.left(40), controlUsage()));
}

} // namespace postern::cli
