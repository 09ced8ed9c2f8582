#pragma once
// One line of --control: what whoever drives the program wants done with its transfers.
// Pure; any thread.
//
//   pause [ID] | resume [ID] | cancel [ID] | retry [ID] | move ID PLACE | limit [ID] RATE
//   up RATE | down RATE | accept ID [into FOLDER] [without PATTERN...] | decline ID | list | help
//
// An ID is a transfer's number or its first digits. A RATE of "off" lifts the limit. Words
// with spaces in them stand in double quotes; in them \" and \\ stand for " and \.

#include "core/base/result.h"

#include <QStringList>

#include <optional>

namespace postern::cli {

enum class ControlVerb {
    Pause,
    Resume,
    Cancel,
    Retry,
    Move,
    Limit,
    Up,
    Down,
    Accept,
    Decline,
    List,
    Help,
};

struct ControlLine {
    ControlVerb verb = ControlVerb::Help;
    QString id; ///< empty: all there are
    qint64 rate = 0; ///< Limit, Up, Down; 0: none
    int place = 0; ///< Move
    QString into; ///< Accept
    QStringList without; ///< Accept
    friend bool operator==(const ControlLine &, const ControlLine &) = default;
};

/// A line that says more is refused, and the next one is read.
inline constexpr qsizetype LONGEST_CONTROL_LINE = 2048;

/// Nothing for an empty line. Fails with InvalidArgument, in a sentence that says what there is.
Result<std::optional<ControlLine>> parseControlLine(const QString &line);

/// "pause", ...: the word that stands for it.
QString controlWord(ControlVerb verb);

/// What may be typed, in one sentence.
QString controlUsage();

} // namespace postern::cli
