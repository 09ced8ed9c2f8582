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

enum class Reading { Secret, Keys };

#ifdef Q_OS_WIN
DWORD g_consoleMode = 0;
bool g_echoOff = false;

qsizetype readInput(char *buffer, std::size_t size)
{
    return _read(0, buffer, static_cast<unsigned>(size));
}

bool turnEchoOff(Reading reading)
{
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    if (!GetConsoleMode(input, &g_consoleMode))
        return false;
    const DWORD off =
        reading == Reading::Keys ? ENABLE_ECHO_INPUT | ENABLE_LINE_INPUT : ENABLE_ECHO_INPUT;
    g_echoOff = SetConsoleMode(input, g_consoleMode & ~off);
    return g_echoOff;
}

bool isInForeground() { return true; }

/// Events of the mouse and of keys that are let go wake us too.
bool isKeyWaiting()
{
    const HANDLE input = GetStdHandle(STD_INPUT_HANDLE);
    INPUT_RECORD record;
    DWORD count = 0;
    while (PeekConsoleInputW(input, &record, 1, &count) && count > 0) {
        if (record.EventType == KEY_EVENT && record.Event.KeyEvent.bKeyDown
            && record.Event.KeyEvent.uChar.UnicodeChar != 0)
            return true;
        ReadConsoleInputW(input, &record, 1, &count);
    }
    return false;
}
#else
termios g_attributes;
volatile bool g_echoOff = false;

qsizetype readInput(char *buffer, std::size_t size) { return ::read(STDIN_FILENO, buffer, size); }

bool turnEchoOff(Reading reading)
{
    if (tcgetattr(STDIN_FILENO, &g_attributes) != 0)
        return false;
    termios silent = g_attributes;
    silent.c_lflag &= ~tcflag_t(ECHO);
    if (reading == Reading::Keys)
        silent.c_lflag &= ~tcflag_t(ICANON); // signals stay: Ctrl+C is no key
    else
        silent.c_lflag |= ECHONL;
    const int when = reading == Reading::Keys ? TCSANOW : TCSAFLUSH;
    g_echoOff = tcsetattr(STDIN_FILENO, when, &silent) == 0;
    return g_echoOff;
}

/// A job in the background that reads or changes the terminal is stopped (termios(3)).
bool isInForeground() { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

bool isKeyWaiting() { return true; } // or we would not have been woken
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

struct KeyReader::Source {
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

struct KeyReader::Source {
    QSocketNotifier notifier{STDIN_FILENO, QSocketNotifier::Read};
};
#endif

Result<QString> readWithoutEcho()
{
    if (!turnEchoOff(Reading::Secret))
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

void LineReader::stop() { m_source->notifier.setEnabled(false); }

void LineReader::readSome()
{
    char buffer[1024];
    const auto count = readInput(buffer, sizeof buffer);
    if (count <= 0) {
        stop();
        if (!m_partial.isEmpty()) // the last line may lack its newline
            emit lineTyped(QString::fromUtf8(std::exchange(m_partial, {})).trimmed());
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

KeyReader::KeyReader(QObject *parent)
    : QObject(parent)
{
    if (!isInForeground() || !turnEchoOff(Reading::Keys))
        return;
    m_source = std::make_unique<Source>();
    connect(&m_source->notifier, &std::remove_reference_t<decltype(m_source->notifier)>::activated,
            this, &KeyReader::readSome);
}

KeyReader::~KeyReader() { stop(); }

void KeyReader::stop()
{
    if (!m_source || !m_source->notifier.isEnabled())
        return;
    m_source->notifier.setEnabled(false);
    if (isInForeground())
        restoreEcho();
}

void KeyReader::readSome()
{
    char key = 0;
    if (!isInForeground() || (isKeyWaiting() && readInput(&key, 1) != 1)) {
        m_source->notifier.setEnabled(false);
        return;
    }
    if (key != 0)
        emit pressed(QLatin1Char(key));
}

} // namespace postern::cli
