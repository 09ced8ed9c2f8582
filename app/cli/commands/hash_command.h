#pragma once
// hash: what the history tells of a file, of files on this disk. Needs no account and no network.
// Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class HashCommand : public Command {
    Q_OBJECT

public:
    HashCommand(Engine &engine, Console &console, HashArguments arguments);
    void start() override;

private:
    void next();

    HashArguments m_arguments;
    qsizetype m_done = 0;
};

} // namespace postern::cli
