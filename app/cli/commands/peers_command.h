#pragma once
// peers: who is online now, one device a line. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class PeersCommand : public Command {
    Q_OBJECT

public:
    PeersCommand(Engine &engine, Console &console, PeersArguments arguments);
    void start() override;

private:
    void list();

    PeersArguments m_arguments;
};

} // namespace postern::cli
