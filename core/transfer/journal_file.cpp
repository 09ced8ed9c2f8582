#include "core/transfer/journal_file.h"

#include "core/transfer/block_hash.h"

#include <QtEndian>

namespace postern {

namespace {

constexpr qsizetype LENGTH_BYTES = 4;
constexpr qsizetype CHECK_BYTES = 8;
constexpr qsizetype HEAD_BYTES = LENGTH_BYTES + CHECK_BYTES;
constexpr qsizetype READ_BYTES = 256 * 1024;

QByteArray checkOf(const QByteArray &before, const QByteArray &payload)
{
    const wire::BlockHash hash = blockHash(viewOf(before + payload));
    return QByteArray(reinterpret_cast<const char *>(hash.data()), CHECK_BYTES);
}

} // namespace

QByteArray JournalWriter::record(const QByteArray &payload)
{
    m_check = checkOf(m_check, payload);
    QByteArray record(LENGTH_BYTES, '\0');
    qToBigEndian(static_cast<quint32>(payload.size()), record.data());
    return record + m_check + payload;
}

std::optional<QByteArray> JournalReader::next()
{
    if (m_broken || m_buffer.size() - m_at < HEAD_BYTES)
        return std::nullopt;
    const auto length = qFromBigEndian<quint32>(m_buffer.constData() + m_at);
    if (length > MAX_JOURNAL_PAYLOAD) {
        m_broken = true;
        return std::nullopt;
    }
    const qsizetype size = HEAD_BYTES + static_cast<qsizetype>(length);
    if (m_buffer.size() - m_at < size)
        return std::nullopt;
    QByteArray payload = m_buffer.mid(m_at + HEAD_BYTES, length);
    const QByteArray check = checkOf(m_check, payload);
    if (m_buffer.mid(m_at + LENGTH_BYTES, CHECK_BYTES) != check) {
        m_broken = true;
        return std::nullopt;
    }
    m_check = check;
    m_good += size;
    m_at += size;
    if (m_at > READ_BYTES) {
        m_buffer.remove(0, m_at);
        m_at = 0;
    }
    return payload;
}

JournalWriter JournalReader::writer() const
{
    JournalWriter writer;
    writer.m_check = m_check;
    return writer;
}

Result<std::unique_ptr<JournalFile>> JournalFile::create(Folder &folder, const QByteArray &name)
{
    auto file = folder.createFile(name);
    if (!file)
        return file.error();
    return std::unique_ptr<JournalFile>(new JournalFile(std::move(*file)));
}

Result<std::unique_ptr<JournalFile>>
JournalFile::open(Folder &folder, const QByteArray &name,
                  const std::function<void(const QByteArray &payload)> &take)
{
    auto file = folder.changeFile(name);
    if (!file)
        return file.error();
    const auto info = (*file)->info();
    if (!info)
        return info.error();
    if (info->kind != FileKind::File || info->size > MAX_JOURNAL_BYTES)
        return Error{ErrorCode::Corrupt, QStringLiteral("not a journal")};
    JournalReader reader;
    QByteArray chunk(READ_BYTES, Qt::Uninitialized);
    for (qint64 at = 0; at < info->size;) {
        const auto got = (*file)->read(
            at, MutableByteView(reinterpret_cast<std::uint8_t *>(chunk.data()), READ_BYTES));
        if (!got)
            return got.error();
        if (*got == 0)
            break;
        at += *got;
        reader.append(viewOf(chunk).first(static_cast<std::size_t>(*got)));
        while (const auto payload = reader.next())
            take(*payload);
    }
    std::unique_ptr<JournalFile> journal(new JournalFile(std::move(*file)));
    journal->m_end = reader.goodBytes();
    journal->m_openedNs = info->mtimeNs;
    journal->m_writer = reader.writer();
    return journal;
}

Result<void> JournalFile::append(const QByteArray &payload)
{
    JournalWriter writer = m_writer;
    const QByteArray record = writer.record(payload);
    if (auto written = m_file->write(m_end, viewOf(record)); !written)
        return written;
    m_end += record.size();
    m_writer = writer;
    return {};
}

} // namespace postern
