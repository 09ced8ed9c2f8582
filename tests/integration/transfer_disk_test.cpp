// Transfers on the real disk: what is sent arrives as it was, or not at all.

#include "core/base/random.h"
#include "tests/support/transfer_pair.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

using namespace postern;
using namespace postern::test;

namespace {

void put(const QString &path, const QByteArray &content)
{
    QFile file(path);
    QVERIFY2(file.open(QIODevice::WriteOnly), qPrintable(path));
    file.write(content);
}

QByteArray get(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray("<missing>");
}

std::shared_ptr<const Source> scan(const QStringList &paths)
{
    const std::atomic<bool> cancelled = false;
    auto source = scanSource(*systemFileSystem(), paths, cancelled);
    if (!source)
        qFatal("%s", qPrintable(source.error().message));
    return *source;
}

} // namespace

class TransferDiskTest : public QObject {
    Q_OBJECT

private slots:
    void deliversOneFile()
    {
        QTemporaryDir from, into;
        const QByteArray content = randomBytes(3'000'000);
        put(from.filePath("a.bin"), content);
        TransferPair pair(systemFileSystem(), systemFileSystem());
        pair.b.onOffer = [&](Incoming &offer) { offer.accept(into.path()); };
        Outgoing &sending = pair.a.send(scan({from.filePath("a.bin")}));
        QVERIFY(pair.settle());
        QCOMPARE(sending.stage(), TransferStage::Delivered);
        QCOMPARE(pair.b.incoming.at(0)->stage(), TransferStage::Delivered);
        QCOMPARE(get(into.filePath("a.bin")), content);
        QCOMPARE(
            QDir(into.path()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot),
            QStringList{"a.bin"});
    }
};

QTEST_GUILESS_MAIN(TransferDiskTest)
#include "transfer_disk_test.moc"
