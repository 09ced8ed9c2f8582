// postern-rendezvous: where peers find each other. See DESIGN.md section 6 for the contract.

#include "rendezvous/command_line.h"

#include <QCoreApplication>

#include <sys/stat.h>

int main(int argc, char **argv)
{
    umask(077); // accounts and keys are the operator's alone
    QCoreApplication application(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("postern-rendezvous"));
    QCoreApplication::setApplicationVersion(QStringLiteral(POSTERN_VERSION));
    return postern::rendezvous::runCommandLine(argc, argv);
}
