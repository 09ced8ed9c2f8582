#pragma once
// The context of every sentence that the command line shows: Cli::tr("...").

#include <QCoreApplication>

namespace postern::cli {

struct Cli {
    Q_DECLARE_TR_FUNCTIONS(postern::cli::Cli)
};

} // namespace postern::cli
