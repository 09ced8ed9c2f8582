#include "app/cli/text_input.h"

#include "app/cli/translation.h"
#include "core/engine_types.h"

#include <QFile>
#include <QStringDecoder>

namespace postern::cli {

namespace {

Error tooLong()
{
    return {ErrorCode::InvalidArgument,
            Cli::tr("The text is longer than %1 KiB, the most a text may have; send it as a file.")
                .arg(TEXT_LIMIT / 1024)};
}

Result<QByteArray> bytesOf(const QString &name)
{
    QFile file(name);
    if (!file.exists())
        return Error{ErrorCode::FileNotFound,
                     Cli::tr("There is no text file %1; check the name.").arg(name)};
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::FileNotReadable,
                     Cli::tr("The text file %1 can't be read: %2; check its permissions.")
                         .arg(name, file.errorString())};
    return file.read(TEXT_LIMIT + 3); // the limit, a line's end, and one to tell of more
}

} // namespace

Result<void> checkText(const QString &text)
{
    if (text.trimmed().isEmpty())
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("The text is empty; write what is to be sent.")};
    if (text.contains(QChar(u'\0')))
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("The text has a character of no meaning (U+0000) in it; take it out, "
                             "or send the text as a file.")};
    if (text.toUtf8().size() > TEXT_LIMIT)
        return tooLong();
    return {};
}

Result<QString> readText(const QString &file, Console &console)
{
    const auto read = file == u"-" ? console.readInput(TEXT_LIMIT + 2) : bytesOf(file);
    if (!read)
        return read.error();
    auto bytes = *read;
    if (bytes.endsWith('\n'))
        bytes.chop(bytes.endsWith("\r\n") ? 2 : 1);
    if (bytes.size() > TEXT_LIMIT)
        return tooLong();
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder(bytes);
    if (decoder.hasError())
        return Error{ErrorCode::InvalidArgument,
                     Cli::tr("That is no text in UTF-8; send it as a file.")};
    if (const auto fits = checkText(text); !fits)
        return fits.error();
    return text;
}

} // namespace postern::cli
