#pragma once
// The longer parts of --help. Values.

#include <QString>

namespace postern::cli {

QString generalHelp(); ///< exit codes, files, passwords
QString transferHelp(); ///< the JSON events of send and receive
QString controlHelp(); ///< the commands of --control, and what answers them
QString contactsHelp();
QString ruleHelp();
QString historyHelp();
QString hashHelp();
QString queueHelp();
QString peersHelp();
QString networkHelp();
QString limitHelp(); ///< what --limit understands

} // namespace postern::cli
