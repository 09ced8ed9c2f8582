// postern: the desktop app.

#include "app/gui/app.h"
#include "core/engine.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QStandardPaths>

#include <cstdio>

namespace {

using postern::EngineOptions;

constexpr int USAGE_ERROR = 2;

struct Words {
    Q_DECLARE_TR_FUNCTIONS(Main)
};

EngineOptions parse(QApplication &application)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        Words::tr("Send files straight from your computer to theirs."));
    parser.addHelpOption();
    parser.addVersionOption();
    const QCommandLineOption profile(
        QStringLiteral("profile"), Words::tr("Keep keys and settings in this folder."),
        Words::tr("folder"), QStandardPaths::writableLocation(QStandardPaths::AppDataLocation));
    const QCommandLineOption secrets(
        QStringLiteral("secrets"),
        Words::tr("Keep the device's key in the system's keychain, or in a file only you can "
                  "read (keychain, file)."),
        Words::tr("place"), QStringLiteral("keychain"));
    parser.addOptions({profile, secrets});
    parser.process(application);

    EngineOptions options;
    options.profile = parser.value(profile);
    options.resumeSends = true;
    if (parser.value(secrets) == QLatin1String("file")) {
        options.secrets = postern::SecretsMode::File;
    } else if (parser.value(secrets) != QLatin1String("keychain")) {
        std::fprintf(stderr, "%s\n",
                     qPrintable(Words::tr("--secrets is either keychain or file.")));
        std::exit(USAGE_ERROR);
    }
    return options;
}

} // namespace

int main(int argc, char *argv[])
{
    QApplication application(argc, argv);
    QApplication::setApplicationName(QStringLiteral("postern"));
    QApplication::setApplicationDisplayName(QStringLiteral("Postern"));
    QApplication::setApplicationVersion(QStringLiteral(POSTERN_VERSION));
    QGuiApplication::setDesktopFileName(QStringLiteral("postern"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/postern.svg")));
    postern::gui::installTranslations(application);

    const auto options = parse(application);
    postern::gui::App app(application, options, postern::createEngine);
    app.start();
    return QApplication::exec();
}
