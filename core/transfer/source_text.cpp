#include "core/transfer/block_hash.h"
#include "core/transfer/source.h"

namespace postern {

namespace {
constexpr qsizetype TITLE_CHARACTERS = 80;
}

QByteArray textHash(const QString &text)
{
    const QByteArray bytes = text.toUtf8();
    const wire::BlockHash hash = blockHash(viewOf(bytes));
    return QByteArray(reinterpret_cast<const char *>(hash.data()), hash.size());
}

QString titleOfText(const QString &text)
{
    const QString line = text.trimmed().section(u'\n', 0, 0).simplified();
    return line.size() <= TITLE_CHARACTERS ? line : line.first(TITLE_CHARACTERS - 1) + u'…';
}

std::shared_ptr<const Source> textSource(const QString &text)
{
    auto source = std::make_shared<Source>();
    source->text = text;
    source->title = titleOfText(text);
    source->listHash = textHash(text);
    return source;
}

} // namespace postern
