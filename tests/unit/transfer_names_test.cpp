// Names from another computer: whatever comes, what is made of it stays in its folder.

#include "core/transfer/named_manifest.h"
#include "core/transfer/safe_names.h"
#include "core/transfer/sentences.h"

#include <QElapsedTimer>
#include <QTest>

using namespace postern;

namespace {

const NameRules UNIX{};
const NameRules WINDOWS{true, true, false, 765, 255};
const NameRules MAC{false, true, true, 255, 255};

QString text(const char16_t *units) { return QString::fromUtf16(units); }

wire::ManifestEntry entry(const QByteArray &name, quint32 depth = 0, bool folder = false)
{
    wire::ManifestEntry made;
    made.name = name;
    made.depth = depth;
    made.kind = folder ? wire::EntryKind::Folder : wire::EntryKind::File;
    return made;
}

} // namespace

class TransferNamesTest : public QObject {
    Q_OBJECT

private slots:
    void makesNamesSafe_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("onUnix");
        QTest::addColumn<QString>("onWindows");
        const auto row = [](const char *what, const QString &name, const QString &onUnix,
                            const QString &onWindows) {
            QTest::newRow(what) << name << onUnix << onWindows;
        };
        row("plain", "a b.txt", "a b.txt", "a b.txt");
        row("empty", "", "_", "_");
        row("dot", ".", "_", "_");
        row("parent", "..", "__", "__");
        row("three dots", "...", "...", "___");
        row("hidden", ".profile", ".profile", ".profile");
        row("absolute", "/etc/passwd", "_etc_passwd", "_etc_passwd");
        row("climbing", "../../x", ".._.._x", ".._.._x");
        row("climbing backwards", "..\\..\\x", "..\\..\\x", ".._.._x");
        row("drive", "C:\\x", "C:\\x", "C__x");
        row("share", "\\\\host\\x", "\\\\host\\x", "__host_x");
        row("alternate stream", "a.txt:evil", "a.txt:evil", "a.txt_evil");
        row("device", "CON", "CON", "_CON");
        row("device, small", "nul.txt", "nul.txt", "_nul.txt");
        row("device with number", "com1", "com1", "_com1");
        row("device with superscript", text(u"LPT\u00b9.log"), text(u"LPT\u00b9.log"),
            text(u"_LPT\u00b9.log"));
        row("device before spaces", "AUX .c", "AUX .c", "_AUX .c");
        row("no device", "COM10", "COM10", "COM10");
        row("no device either", "console", "console", "console");
        row("trailing dots", "a...", "a...", "a___");
        row("trailing spaces", "a  ", "a  ", "a__");
        row("leading space", " a", " a", " a");
        row("wildcards", "a*b?c", "a*b?c", "a_b_c");
        row("quotes and pipes", "<\"a\"|b>", "<\"a\"|b>", "__a__b_");
        row("escape sequence", "a\x1b[31m", "a_[31m", "a_[31m");
        row("newline", "a\nb", "a_b", "a_b");
        row("delete", "a\x7f", "a_", "a_");
        row("C1", text(u"a\u0085b"), "a_b", "a_b");
        row("bidi override", text(u"photo\u202egnp.exe"), "photo_gnp.exe", "photo_gnp.exe");
        row("bidi isolate", text(u"a\u2066b\u2069"), "a_b_", "a_b_");
        row("line separator", text(u"a\u2028b"), "a_b", "a_b");
        row("Arabic", text(u"\u0645\u0644\u0641.txt"), text(u"\u0645\u0644\u0641.txt"),
            text(u"\u0645\u0644\u0641.txt"));
        row("joined emoji", text(u"\U0001F469\u200D\U0001F467.png"),
            text(u"\U0001F469\u200D\U0001F467.png"), text(u"\U0001F469\u200D\U0001F467.png"));
        row("255 bytes", QString(251, 'n') + ".txt", QString(251, 'n') + ".txt",
            QString(251, 'n') + ".txt");
        row("256 bytes", QString(252, 'n') + ".txt", QString(251, 'n') + ".txt",
            QString(251, 'n') + ".txt");
        row("long in bytes only", QString(90, QChar(0x540d)) + ".md",
            QString(84, QChar(0x540d)) + ".md", QString(90, QChar(0x540d)) + ".md");
        row("no extension but long", "a." + QString(300, 'b'), "a." + QString(253, 'b'),
            "a." + QString(253, 'b'));
    }
    void makesNamesSafe()
    {
        QFETCH(QString, name);
        QFETCH(QString, onUnix);
        QFETCH(QString, onWindows);
        QCOMPARE(safeName(name, UNIX), onUnix);
        QCOMPARE(safeName(name, WINDOWS), onWindows);
        for (const NameRules &rules : {UNIX, WINDOWS, MAC}) {
            const QString safe = safeName(name, rules);
            QCOMPARE(safeName(safe, rules), safe);
            QVERIFY(!safe.isEmpty() && safe != "." && safe != ".." && !safe.contains('/'));
            QVERIFY(safe.toUtf8().size() <= rules.mostBytes && safe.size() <= rules.mostUnits);
        }
    }

    void numbersNames_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("second");
        QTest::newRow("extension") << "a.txt"
                                   << "a (2).txt";
        QTest::newRow("none") << "a"
                              << "a (2)";
        QTest::newRow("hidden") << ".profile"
                                << ".profile (2)";
        QTest::newRow("two dots") << "a.tar.gz"
                                  << "a.tar (2).gz";
        QTest::newRow("255 bytes") << QString(251, 'n') + ".txt" << QString(247, 'n') + " (2).txt";
        QTest::newRow("whole characters")
            << QString(85, QChar(0x540d)) << QString(83, QChar(0x540d)) + " (2)";
    }
    void numbersNames()
    {
        QFETCH(QString, name);
        QFETCH(QString, second);
        QCOMPARE(numberedName(name, 2, UNIX), second);
        QVERIFY(second.toUtf8().size() <= 255);
    }

    void keepsCollidingNamesApart_data()
    {
        QTest::addColumn<QStringList>("names");
        QTest::addColumn<QStringList>("onUnix");
        QTest::addColumn<QStringList>("onMac");
        const QString composed = text(u"\u00e9"), decomposed = text(u"e\u0301");
        QTest::newRow("equal") << QStringList{"a", "a", "a"} << QStringList{"a", "a (2)", "a (3)"}
                               << QStringList{"a", "a (2)", "a (3)"};
        QTest::newRow("case") << QStringList{"Readme.md", "README.md"}
                              << QStringList{"Readme.md", "README.md"}
                              << QStringList{"Readme.md", "README (2).md"};
        QTest::newRow("form") << QStringList{composed, decomposed}
                              << QStringList{composed, decomposed}
                              << QStringList{composed, decomposed + " (2)"};
        QTest::newRow("made equal") << QStringList{"a\nb", "a_b"} << QStringList{"a_b", "a_b (2)"}
                                    << QStringList{"a_b", "a_b (2)"};
        QTest::newRow("number taken")
            << QStringList{"a (2)", "a", "a"} << QStringList{"a (2)", "a", "a (3)"}
            << QStringList{"a (2)", "a", "a (3)"};
    }
    void keepsCollidingNamesApart()
    {
        QFETCH(QStringList, names);
        QFETCH(QStringList, onUnix);
        QFETCH(QStringList, onMac);
        NameRegister asUnix(UNIX), asMac(MAC);
        for (int i = 0; i < names.size(); ++i) {
            QCOMPARE(asUnix.take(7, names[i]), onUnix[i]);
            QCOMPARE(asMac.take(7, names[i]), onMac[i]);
        }
        QCOMPARE(asUnix.take(8, names[0]), onUnix[0]); // another folder
    }

    void countsOnQuicklyAmongManyEqualNames()
    {
        NameRegister names(UNIX);
        QSet<QString> given;
        for (int i = 0; i < 5'000; ++i)
            given.insert(names.take(1, QString(255, 'x')));
        QCOMPARE(given.size(), 5'000);
    }

    void namesATree()
    {
        Manifest manifest;
        QVERIFY(manifest.append(entry("..", 0, true)).ok());
        QVERIFY(manifest.append(entry("a\x01", 1)).ok());
        QVERIFY(manifest.append(entry("a_", 1)).ok());
        QVERIFY(manifest.append(entry("fine", 0)).ok());
        const auto named = nameSafely(std::move(manifest), UNIX);
        QCOMPARE(named->path(0), "__");
        QCOMPARE(named->path(1), "__/a_");
        QCOMPARE(named->path(2), "__/a_ (2)");
        QCOMPARE(named->path(3), "fine");
        QCOMPARE(named->notes.size(), 3);
    }

    void showsNamesAsPlainText()
    {
        const QString shown = sentences::quoted(QString(500, 'x') + text(u"\u202e\n"));
        QVERIFY(shown.size() < 100);
        QVERIFY(!shown.contains(QChar(0x202e)) && !shown.contains('\n'));
    }
};

QTEST_GUILESS_MAIN(TransferNamesTest)
#include "transfer_names_test.moc"
