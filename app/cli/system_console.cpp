#include "app/cli/system_console.h"

#include "app/cli/translation.h"

#include <QFile>

#include <cstdio>

namespace postern::cli {

namespace {

void write(std::FILE *stream, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stream);
    std::fflush(stream);
}

/// In the midst of its own signal, perhaps: it reads no more, and goes once that is over.
template<typename Reader> void retire(std::unique_ptr<Reader> reader)
{
    reader->stop();
    reader.release()->deleteLater();
}

constexpr char START_OF_LINE_AND_ERASE[] = "\r\033[K"; // ECMA-48: CR, EL

} // namespace

SystemConsole::SystemConsole()
    : m_outIsTerminal(cli::isTerminal(Stream::Out))
    , m_canAsk(cli::isTerminal(Stream::In) && cli::isTerminal(Stream::Error))
{
}

SystemConsole::~SystemConsole() { clearLineInPlace(); }

void SystemConsole::print(const QString &line)
{
    clearLineInPlace();
    write(stdout, line.toUtf8() + '\n');
}

void SystemConsole::warn(const QString &line)
{
    clearLineInPlace();
    write(stderr, line.toUtf8() + '\n');
}

void SystemConsole::showInPlace(const QString &line)
{
    if (!m_outIsTerminal || m_answer)
        return;
    write(stdout, START_OF_LINE_AND_ERASE + line.toUtf8());
    m_lineInPlace = !line.isEmpty();
}

void SystemConsole::clearLineInPlace()
{
    if (m_lineInPlace)
        write(stdout, START_OF_LINE_AND_ERASE);
    m_lineInPlace = false;
}

void SystemConsole::ask(const QString &question, LineTyped answer)
{
    clearLineInPlace();
    write(stderr, question.toUtf8() + ' ');
    m_answer = std::move(answer);
    listenForLines();
}

void SystemConsole::readLines(LineTyped line)
{
    m_line = std::move(line);
    listenForLines();
}

void SystemConsole::readKeys(KeyPressed pressed)
{
    m_keyPressed = std::move(pressed);
    if (!m_answer)
        listenForKeys();
}

void SystemConsole::listenForLines()
{
    if (m_keys)
        retire(std::move(m_keys));
    if (m_reader)
        return;
    m_reader = std::make_unique<LineReader>();
    QObject::connect(m_reader.get(), &LineReader::lineTyped, m_reader.get(),
                     [this](const QString &line) { answered(line); });
    QObject::connect(m_reader.get(), &LineReader::ended, m_reader.get(),
                     [this] { answered(std::nullopt); });
}

void SystemConsole::listenForKeys()
{
    if (m_line || !m_canAsk || !m_outIsTerminal)
        return;
    if (!m_keyPressed) {
        if (m_keys)
            retire(std::move(m_keys));
        return;
    }
    if (m_reader)
        retire(std::move(m_reader));
    if (m_keys)
        return;
    m_keys = std::make_unique<KeyReader>();
    QObject::connect(m_keys.get(), &KeyReader::pressed, m_keys.get(), [this](QChar key) {
        if (const auto pressed = m_keyPressed)
            pressed(key);
    });
}

void SystemConsole::withdrawQuestion()
{
    if (m_answer)
        write(stderr, "\n");
    m_answer = nullptr;
    if (m_keyPressed)
        listenForKeys();
}

void SystemConsole::answered(std::optional<QString> line)
{
    if (const auto answer = std::exchange(m_answer, nullptr))
        answer(std::move(line));
    else if (const auto read = m_line)
        read(std::move(line));
    if (m_keyPressed && !m_answer)
        listenForKeys();
}

Result<QByteArray> SystemConsole::readInput(qint64 most)
{
    QFile input;
    if (!input.open(stdin, QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable,
                     Cli::tr("Standard input can't be read; give the text in a file.")};
    return input.read(most + 1);
}

Result<QString> SystemConsole::askSecret(const QString &question)
{
    write(stderr, question.toUtf8() + ' ');
    return readWithoutEcho();
}

} // namespace postern::cli
