#pragma once
// network: what is known of the network this computer is in. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/commands/command.h"

namespace postern::cli {

class NetworkCommand : public Command {
    Q_OBJECT

public:
    NetworkCommand(Engine &engine, Console &console, NetworkArguments arguments);
    void start() override;

private:
    void measure();
    void show(const NetworkInfo &network);
    void showRouter(const NetworkInfo &network);

    NetworkArguments m_arguments;
    QTimer m_patience;
};

} // namespace postern::cli
