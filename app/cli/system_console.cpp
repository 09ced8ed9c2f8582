#include "app/cli/system_console.h"

#include <cstdio>

namespace postern::cli {

namespace {

void write(std::FILE *stream, const QByteArray &bytes)
{
    std::fwrite(bytes.constData(), 1, static_cast<std::size_t>(bytes.size()), stream);
    std::fflush(stream);
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
    if (m_reader)
        return;
    m_reader = std::make_unique<LineReader>();
    QObject::connect(m_reader.get(), &LineReader::lineTyped, m_reader.get(),
                     [this](const QString &line) { answered(line); });
    QObject::connect(m_reader.get(), &LineReader::ended, m_reader.get(),
                     [this] { answered(std::nullopt); });
}

void SystemConsole::withdrawQuestion()
{
    if (m_answer)
        write(stderr, "\n");
    m_answer = nullptr;
}

void SystemConsole::answered(std::optional<QString> line)
{
    if (const auto answer = std::exchange(m_answer, nullptr))
        answer(std::move(line));
}

Result<QString> SystemConsole::askSecret(const QString &question)
{
    write(stderr, question.toUtf8() + ' ');
    return readWithoutEcho();
}

} // namespace postern::cli
