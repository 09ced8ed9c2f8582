// The hash of a whole file, and the notes of it that a crash leaves.

#include "core/transfer/block_hash.h"
#include "core/transfer/hash_notes.h"
#include "tests/support/disk_tree.h"
#include "tests/support/memory_file_system.h"

#include <QTest>

#include <random>

using namespace postern;
using namespace postern::test;

namespace {

constexpr qint64 PIECE = FileHash::PIECE;

/// As file_hash.h defines it, word by word.
QByteArray asDefined(const QByteArray &bytes)
{
    QByteArray hash = toByteArray(blockHash(viewOf(bytes.first(std::min(bytes.size(), PIECE)))));
    for (qint64 at = PIECE; at < bytes.size(); at += PIECE)
        hash = toByteArray(
            blockHash(viewOf(hash + toByteArray(blockHash(viewOf(bytes.mid(at, PIECE)))))));
    return hash;
}

QByteArray endOf(FileHash &hash) { return toByteArray(hash.end()); }

JournalHome homeIn(const std::shared_ptr<MemoryFileSystem> &files)
{
    (void)files->folder("/profile");
    return {files, "/profile"};
}

} // namespace

class TransferHashesTest : public QObject {
    Q_OBJECT

private slots:
    void isWhatOthersPrint()
    {
        // xxhsum -H128 of nothing, and of "postern\n".
        FileHash nothing, word;
        QCOMPARE(endOf(nothing).toHex(), QByteArray("99aa06d3014798d86001c324468d497f"));
        word.add(viewOf(QByteArray("postern\n")));
        QCOMPARE(endOf(word).toHex(), QByteArray("bd9896f4e462c07a3b6a41b1ca58263e"));
    }

    void doesNotDependOnHowItCame_data()
    {
        QTest::addColumn<qint64>("size");
        for (const qint64 size :
             {qint64{1}, qint64{240}, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 3 * PIECE + 77'777})
            QTest::addRow("%lld", static_cast<long long>(size)) << size;
    }
    void doesNotDependOnHowItCame()
    {
        QFETCH(const qint64, size);
        const QByteArray bytes = content(size, 7);
        const QByteArray wanted = asDefined(bytes);
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            std::mt19937_64 random(seed);
            FileHash hash;
            for (qint64 at = 0; at < size;) {
                const auto part = std::min<qint64>(
                    size - at, random() % 2 ? PIECE : 1 + static_cast<qint64>(random() % 300'000));
                const ByteView view = viewOf(bytes).subspan(static_cast<std::size_t>(at),
                                                            static_cast<std::size_t>(part));
                if (random() % 2)
                    hash.add(view, blockHash(view), at + part == size);
                else
                    hash.add(view);
                at += part;
            }
            QVERIFY2(endOf(hash) == wanted, qPrintable(QString("seed %1").arg(seed)));
        }
    }

    void zerosAreZeros()
    {
        for (const qint64 before : {qint64{0}, qint64{5}, PIECE})
            for (const qint64 hole : {qint64{1}, PIECE - 5, PIECE, 5 * PIECE + 3}) {
                const QByteArray first = content(before, 3);
                FileHash hash;
                hash.add(viewOf(first));
                hash.addZeros(hole);
                hash.add(viewOf(QByteArray("end")));
                QCOMPARE(endOf(hash), asDefined(first + QByteArray(hole, '\0') + "end"));
            }
    }

    void isThatOfTheFileOnTheDisk()
    {
        const auto files = std::make_shared<MemoryFileSystem>();
        files->holes = true;
        const QByteArray bytes =
            content(100'000, 1) + QByteArray(900'000, '\0') + content(300'000, 2);
        files->put("/f", bytes);
        const auto folder = files->openFolder("/");
        const auto file = (*folder)->openFile("f");
        QVERIFY(file.ok());
        std::atomic<bool> stopped = false;
        const auto hash = hashOf(**file, stopped);
        QVERIFY(hash.ok());
        QCOMPARE(toByteArray(*hash), asDefined(bytes));
        stopped = true;
        QCOMPARE(hashOf(**file, stopped).error().code, ErrorCode::Cancelled);
    }

    void goesOnInAnotherLife()
    {
        const auto files = std::make_shared<MemoryFileSystem>();
        const JournalHome home = homeIn(files);
        const QByteArray bytes = content(5 * PIECE + 1000, 4);
        files->put("/f", bytes);
        const auto folder = files->openFolder("/");
        const auto file = (*folder)->openFile("f");
        for (const qint64 cut : {qint64{100}, PIECE, PIECE + 1, 4 * PIECE, 5 * PIECE + 999}) {
            const auto add = [&](FileHasher &hasher, qint64 from, qint64 until) {
                const ByteView view = viewOf(bytes).subspan(static_cast<std::size_t>(from),
                                                            static_cast<std::size_t>(until - from));
                wire::BlockRecord record;
                record.offset = from;
                record.length = static_cast<quint32>(until - from);
                record.hash = blockHash(view);
                hasher.add(record, view, until == bytes.size());
            };
            {
                FileHasher hasher(std::make_shared<HashNotes>(home, "out-x", 10));
                hasher.begin(7, 0, **file);
                add(hasher, 0, cut);
                hasher.note();
            }
            const qint64 readBefore = files->folder("/").children.at("f")->bytesRead;
            const auto notes = std::make_shared<HashNotes>(home, "out-x", 10);
            FileHasher hasher(notes);
            hasher.begin(7, cut, **file);
            QVERIFY(files->folder("/").children.at("f")->bytesRead - readBefore < PIECE);
            add(hasher, cut, bytes.size());
            hasher.note();
            QCOMPARE(notes->files(7, 1), asDefined(bytes));
            QCOMPARE(notes->files(0, 7), QByteArray(7 * 16, '\0')); // of these nothing is known
            notes->forget();
        }
    }

    void tellsNothingItDoesNotKnow()
    {
        const auto files = std::make_shared<MemoryFileSystem>();
        const JournalHome home = homeIn(files);
        files->put("/f", content(3 * PIECE, 1));
        const auto folder = files->openFolder("/");
        const auto file = (*folder)->openFile("f");
        FileHash hash;
        hash.add(viewOf(content(2 * PIECE, 1)));
        const auto noted = [&] {
            auto notes = std::make_unique<HashNotes>(home, "out-x", 3);
            notes->noteProgress(1, hash);
            return notes;
        };
        QVERIFY(noted()->progress(1, 2 * PIECE + 5).has_value());
        QVERIFY(!noted()->progress(2, 2 * PIECE).has_value()); // another file
        QVERIFY(!noted()->progress(1, PIECE).has_value()); // another piece
        QVERIFY(!noted()->progress(1, 3 * PIECE).has_value()); // beyond
        auto notes = noted();
        QByteArray &bytes = files->folder("/profile").children.at("hashes-out-x")->bytes;
        for (qsizetype at = 3 * 16 + 24; at < bytes.size(); ++at) {
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
            QVERIFY(!notes->progress(1, 2 * PIECE).has_value()); // damaged
            bytes[at] = static_cast<char>(bytes[at] ^ 1);
        }
        QCOMPARE(notes->files(2, 100), QByteArray(16, '\0'));
        QVERIFY(notes->files(3, 100).isEmpty());
    }

    void aDiskThatFailsStopsNothing()
    {
        const auto files = std::make_shared<MemoryFileSystem>();
        const JournalHome home = homeIn(files);
        files->fault = [](const char *) { return Error{ErrorCode::DiskFull, "full"}; };
        HashNotes notes(home, "out-x", 3);
        notes.noteFiles(0, QByteArray(16, 'a'));
        notes.sync();
        QCOMPARE(notes.files(0, 3), QByteArray(3 * 16, '\0'));
        QVERIFY(!notes.progress(0, PIECE).has_value());
        notes.forget();
    }
};

QTEST_GUILESS_MAIN(TransferHashesTest)
#include "transfer_hashes_test.moc"
