#include "core/history/history_export.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace postern::history {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("postern::History", text); }

const char *const CSV_HEAD =
    "key,direction,contact,device,title,started,ended,result,problem,paths,"
    "relayed_bytes,average_rate,location,text,file,file_bytes,file_hash\r\n";

QString directionName(Direction direction)
{
    return direction == Direction::Sending ? QStringLiteral("send") : QStringLiteral("receive");
}

QByteArray jsonOf(const HistoryFile &file)
{
    const QJsonObject object{{QStringLiteral("path"), file.path},
                             {QStringLiteral("bytes"), file.bytes},
                             {QStringLiteral("hash"), QString::fromLatin1(file.hash.toHex())}};
    return QJsonDocument(object).toJson(QJsonDocument::Compact);
}

/// Up to where its list of files begins.
QByteArray jsonOf(const HistoryEntry &entry)
{
    const QJsonObject line{
        {QStringLiteral("key"), entry.key},
        {QStringLiteral("transfer"), entry.id.toHex()},
        {QStringLiteral("direction"), directionName(entry.direction)},
        {QStringLiteral("contact"), entry.contact},
        {QStringLiteral("device"), entry.device},
        {QStringLiteral("title"), entry.title},
        {QStringLiteral("text"), entry.text},
        {QStringLiteral("bytes"), entry.bytes},
        {QStringLiteral("total_bytes"), entry.totalBytes},
        {QStringLiteral("started"), entry.startedAt.toUTC().toString(Qt::ISODateWithMs)},
        {QStringLiteral("ended"), entry.endedAt.toUTC().toString(Qt::ISODateWithMs)},
        {QStringLiteral("result"), transferStateName(entry.result)},
        {QStringLiteral("problem"), entry.problem},
        {QStringLiteral("path_kinds"), QJsonArray::fromStringList(entry.pathKinds)},
        {QStringLiteral("relayed_bytes"), entry.relayedBytes},
        {QStringLiteral("average_rate"), entry.averageRate},
        {QStringLiteral("location"), entry.location},
    };
    QByteArray begun = QJsonDocument(line).toJson(QJsonDocument::Compact);
    begun.chop(1); // the brace
    return begun + ",\"files\":[";
}

QByteArray csvRow(const HistoryEntry &entry, const HistoryFile &file)
{
    const QStringList fields{QString::number(entry.key),
                             directionName(entry.direction),
                             entry.contact,
                             entry.device,
                             entry.title,
                             entry.startedAt.toUTC().toString(Qt::ISODateWithMs),
                             entry.endedAt.toUTC().toString(Qt::ISODateWithMs),
                             transferStateName(entry.result),
                             entry.problem,
                             entry.pathKinds.join(u' '),
                             QString::number(entry.relayedBytes),
                             QString::number(entry.averageRate, 'f', 0),
                             entry.location,
                             entry.text,
                             file.path,
                             QString::number(file.bytes),
                             QString::fromLatin1(file.hash.toHex())};
    QByteArrayList cells;
    for (const QString &field : fields)
        cells.append(csvField(field));
    return cells.join(',') + "\r\n";
}

} // namespace

QByteArray csvField(const QString &text)
{
    QString cell = text;
    if (!cell.isEmpty() && QStringLiteral("=+-@\t\r").contains(cell.front()))
        cell.prepend(u'\'');
    return '"' + cell.replace(u'"', QStringLiteral("\"\"")).toUtf8() + '"';
}

Export::Export(QString file, bool isCsv)
    : m_file(std::move(file))
    , m_isCsv(isCsv)
    , m_beside(m_file + QStringLiteral(".XXXXXX"))
{
}

Result<std::unique_ptr<Export>> Export::to(const QString &file)
{
    const QString ending = QFileInfo(file).suffix().toLower();
    const bool isCsv = ending == QLatin1String("csv");
    if (!isCsv && ending != QLatin1String("json") && ending != QLatin1String("jsonl"))
        return Error{ErrorCode::InvalidArgument,
                     tr("The history is exported to a file that ends in .csv, .json or .jsonl.")};
    if (QFileInfo::exists(file))
        return Error{ErrorCode::FileExists,
                     tr("There is a file of that name already; choose another name.")};
    std::unique_ptr<Export> made(new Export(file, isCsv));
    if (!made->m_beside.open())
        return Error{
            ErrorCode::FileNotWritable,
            tr("The history can't be written there: %1").arg(made->m_beside.errorString())};
    if (isCsv)
        if (auto head = made->write(CSV_HEAD); !head)
            return head.error();
    return made;
}

Result<void> Export::write(const QByteArray &bytes)
{
    if (m_beside.write(bytes) == bytes.size())
        return {};
    return {ErrorCode::FileNotWritable,
            tr("The history can't be written there: %1").arg(m_beside.errorString())};
}

Result<void> Export::begin(const HistoryEntry &entry)
{
    m_entry = entry;
    m_anyFile = false;
    return m_isCsv ? Result<void>() : write(jsonOf(entry));
}

Result<void> Export::add(const QList<HistoryFile> &files)
{
    QByteArray bytes;
    for (const HistoryFile &file : files) {
        const bool isFirst = !std::exchange(m_anyFile, true);
        if (m_isCsv)
            bytes += csvRow(m_entry, file);
        else
            bytes += (isFirst ? "" : ",") + jsonOf(file);
    }
    return write(bytes);
}

Result<void> Export::end()
{
    if (!m_isCsv)
        return write("]}\n");
    return m_anyFile ? Result<void>() : write(csvRow(m_entry, {}));
}

Result<void> Export::finish()
{
    if (!m_beside.flush() || !m_beside.rename(m_file)) // does not replace
        return {ErrorCode::FileNotWritable,
                tr("The history can't be written there: %1").arg(m_beside.errorString())};
    m_beside.setAutoRemove(false);
    return {};
}

} // namespace postern::history
