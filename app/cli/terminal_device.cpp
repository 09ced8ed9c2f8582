#include "app/cli/terminal_device.h"

#include "app/cli/translation.h"

#include <QSocketNotifier>

#ifdef Q_OS_WIN
#include <QWinEventNotifier>
#include <io.h>
#include <windows.h>
#else
#include <cerrno>
#include <clocale>
#include <cstring>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#endif

namespace postern::cli {

namespace {

constexpr int USUAL_COLUMNS = 80;
constexpr int LONGEST_LINE = 4096; // more than any answer or password that is accepted

Error inputEnded()
{
    return {ErrorCode::Cancelled, Cli::tr("No answer was given; run the command again.")};
}

#ifdef Q_OS_WIN
DWORD g_consoleMode = 0;
bool g_echoOff = false;

qsizetype readInput(char *buffer, std::size_t size)
{
    return _read(0, buffer, static_cast<unsigned>(size));
}

bool turnEchoOff()
{
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (!GetConsoleMode(input, &g_consoleMode))
        return false;
    g_echoOff = SetConsoleMode(input, g_consoleMode & ~DWORD(ENABLE_ECHO_INPUT));
    return g_echoOff;
}
#else
termios g_attributes;
volatile bool g_echoOff = false;

qsizetype readInput(char *buffer, std::size_t size) { return ::read(STDIN_FILENO, buffer, size); }

bool turnEchoOff()
{
    if (tcgetattr(STDIN_FILENO, &g_attributes) != 0)
        return false;
    termios silent = g_attributes;
    silent.c_lflag &= ~tcflag_t(ECHO);
    silent.c_lflag |= ECHONL;
    g_echoOff = tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    return g_echoOff;
}
#endif

} // namespace

#ifdef Q_OS_WIN
void assureUtf8Locale() { SetConsoleOutputCP(CP_UTF8); }

bool isTerminal(Stream stream) { return _isatty(static_cast<int>(stream)) != 0; }

int terminalColumns()
{
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(GetStdHandle(STD_OUTPUT_HANDLE), &info))
        return USUAL_COLUMNS;
    return info.srWindow.Right - info.srWindow.Left + 1;
}

void restoreEcho()
{
    if (g_echoOff)
        SetConsoleMode(GetStdHandle(STD_INPUT_HANDLE), g_consoleMode);
    g_echoOff = false;
}

struct LineReader::Source {
    QWinEventNotifier notifier{GetStdHandle(STD_INPUT_HANDLE)};
};
#else
void assureUtf8Locale()
{
    std::setlocale(LC_ALL, "");
    if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        qputenv("LC_ALL", "C.UTF-8");
}

bool isTerminal(Stream stream) { return isatty(static_cast<int>(stream)) == 1; }

int terminalColumns()
{
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return USUAL_COLUMNS;
    return size.ws_col;
}

void restoreEcho()
{
    if (g_echoOff)
        tcsetattr(STDIN_FILENO, TCSANOW, &g_attributes);
    g_echoOff = false;
}

struct LineReader::Source {
    QSocketNotifier notifier{STDIN_FILENO, QSocketNotifier::Read};
};
#endif

Result<QString> readWithoutEcho()
{
    if (!turnEchoOff())
        return inputEnded();
    QByteArray line;
    char character = 0;
    while (line.size() < LONGEST_LINE) {
        // An interrupt ends the wait (EINTR): whoever types a password wants out, not on.
        if (readInput(&character, 1) != 1) {
            restoreEcho();
            return inputEnded();
        }
        if (character == '\n')
            break;
        line += character;
    }
    restoreEcho();
    if (line.endsWith('\r'))
        line.chop(1);
    return QString::fromUtf8(line);
}

LineReader::LineReader(QObject *parent)
    : QObject(parent)
    , m_source(std::make_unique<Source>())
{
    connect(&m_source->notifier, &std::remove_reference_t<decltype(m_source->notifier)>::activated,
            this, &LineReader::readSome);
}

LineReader::~LineReader() = default;

void LineReader::readSome()
{
    char buffer[1024];
    const auto count = readInput(buffer, sizeof buffer);
    if (count <= 0) {
        m_source->notifier.setEnabled(false);
        emit ended();
        return;
    }
    m_partial.append(buffer, count);
    for (auto end = m_partial.indexOf('\n'); end >= 0; end = m_partial.indexOf('\n')) {
        const auto line = QString::fromUtf8(m_partial.left(end)).trimmed();
        m_partial.remove(0, end + 1);
        emit lineTyped(line);
    }
    m_partial.truncate(LONGEST_LINE);
}

} // namespace postern::cli
