#pragma once
// Names from another computer, made fit for this one. A name is one component; whatever it
// holds, the answer is one that can only ever mean an entry of the folder it is put in.
// Pure; any thread.

#include <QString>

#include <QSet>

namespace postern {

/// What the receiving file system thinks of names.
struct NameRules {
    bool windows = false; ///< \ : * ? " < > | , CON and NUL, trailing dots and spaces, streams
    bool foldsCase = false; ///< "A" and "a" are one name
    bool foldsForms = false; ///< NFC and NFD are one name
    int mostBytes = 255; ///< of UTF-8
    int mostUnits = 255; ///< of UTF-16; the tighter one counts

    static NameRules ofThisSystem();
    /// Of disks that other systems write, too (FAT, exFAT, NTFS): what each of them takes.
    static NameRules ofForeignDisks();
};

/// The name as it may stand on this system; never empty, ".", ".." or too long. Unchanged if
/// it was fine. Idempotent.
QString safeName(const QString &name, const NameRules &rules);

/// "photo.jpg", 2 -> "photo (2).jpg", shortened in the middle of its stem where needed.
QString numberedName(const QString &name, int number, const NameRules &rules);

/// Two names with equal keys can't be in one folder.
QString collisionKey(const QString &name, const NameRules &rules);

/// The name without control characters and bidirectional overrides, for showing and storing.
QString withoutControls(const QString &name);

/// Hands out names within one offer: the first of several that collide keeps its name.
/// Remembers 8 bytes a name, so that a million fit.
class NameRegister {
public:
    explicit NameRegister(NameRules rules)
        : m_rules(rules)
    {
    }

    /// A safe name no earlier call got for the same folder.
    QString take(quint64 folder, const QString &name);

private:
    bool claim(quint64 folder, const QString &name);

    NameRules m_rules;
    QSet<quint64> m_taken; ///< hashes: a chance meeting of two only costs a " (2)"
};

} // namespace postern
