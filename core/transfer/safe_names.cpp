#include "core/transfer/safe_names.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

namespace postern {

namespace {

constexpr QChar STAND_IN = u'_';
/// An extension longer than this is no extension but part of the name.
constexpr qsizetype LONGEST_EXTENSION = 20;
/// After so many numbers were taken, jump ahead: a hostile offer must not make us count up
/// through a million equal names a million times.
constexpr int NUMBERS_IN_TURN = 20;

bool isControl(QChar c)
{
    const ushort u = c.unicode();
    return u < 0x20 || (u >= 0x7f && u < 0xa0) // C0, DEL, C1
        || u == 0x2028 || u == 0x2029 // line and paragraph separator
        || (u >= 0x202a && u <= 0x202e) || (u >= 0x2066 && u <= 0x2069); // bidi (UAX #9)
}

bool isForbiddenOnWindows(QChar c) { return QStringLiteral("\\:*?\"<>|").contains(c); }

/// Names that Windows keeps for devices, with any extension and after trailing spaces.
bool isDeviceName(const QString &name)
{
    static const std::array DEVICES = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"};
    const QString base = name.section(u'.', 0, 0).trimmed().toUpper();
    if (std::any_of(DEVICES.begin(), DEVICES.end(),
                    [&](const char *device) { return base == QLatin1String(device); }))
        return true;
    if (base.size() != 4 || !(base.startsWith(u"COM") || base.startsWith(u"LPT")))
        return false;
    return QStringLiteral("0123456789\u00b9\u00b2\u00b3").contains(base[3]);
}

bool fits(const QString &name, const NameRules &rules)
{
    return name.size() <= rules.mostUnits && name.toUtf8().size() <= rules.mostBytes;
}

struct Parts {
    QString stem;
    QString extension; ///< with its dot, or empty
};

Parts split(const QString &name)
{
    const qsizetype dot = name.lastIndexOf(u'.');
    if (dot <= 0 || name.size() - dot > LONGEST_EXTENSION)
        return {name, {}};
    return {name.left(dot), name.mid(dot)};
}

/// stem + tail, the stem cut between characters until it fits.
QString shortened(QString stem, const QString &tail, const NameRules &rules)
{
    while (!stem.isEmpty() && !fits(stem + tail, rules)) {
        const bool pair = stem.size() >= 2 && stem.back().isLowSurrogate()
            && stem[stem.size() - 2].isHighSurrogate();
        stem.chop(pair ? 2 : 1);
        if (!stem.isEmpty() && stem.back() == QChar(0x200d)) // half of a joined emoji
            stem.chop(1);
    }
    return stem + tail;
}

} // namespace

NameRules NameRules::ofThisSystem()
{
    NameRules rules;
#if defined(Q_OS_WIN)
    rules.windows = rules.foldsCase = true;
    rules.mostBytes = 3 * 255;
#elif defined(Q_OS_DARWIN)
    rules.foldsCase = rules.foldsForms = true;
#endif
    return rules;
}

NameRules NameRules::ofForeignDisks()
{
    NameRules rules = ofThisSystem();
    rules.windows = true;
    return rules;
}

QString withoutControls(const QString &name)
{
    QString clean = name;
    for (QChar &c : clean)
        if (isControl(c))
            c = STAND_IN;
    return clean;
}

QString safeName(const QString &name, const NameRules &rules)
{
    QString safe = withoutControls(name);
    for (QChar &c : safe)
        if (c == u'/' || (rules.windows && isForbiddenOnWindows(c)))
            c = STAND_IN;
    if (rules.windows) {
        for (qsizetype end = safe.size();
             end > 0 && (safe[end - 1] == u'.' || safe[end - 1] == u' '); --end)
            safe[end - 1] = STAND_IN;
        if (isDeviceName(safe))
            safe.prepend(STAND_IN);
    }
    if (safe == u"." || safe == u"..")
        safe.fill(STAND_IN);
    if (!fits(safe, rules)) {
        const Parts parts = split(safe);
        safe = shortened(parts.stem, parts.extension, rules);
    }
    return safe.isEmpty() ? QString(STAND_IN) : safe;
}

QString numberedName(const QString &name, int number, const NameRules &rules)
{
    const Parts parts = split(name);
    return shortened(parts.stem, QStringLiteral(" (%1)").arg(number) + parts.extension, rules);
}

QString collisionKey(const QString &name, const NameRules &rules)
{
    QString key = name;
    if (rules.foldsForms)
        key = key.normalized(QString::NormalizationForm_D);
    if (rules.foldsCase)
        key = key.toCaseFolded();
    if (rules.foldsForms && rules.foldsCase) // folding can bring composed letters back
        key = key.normalized(QString::NormalizationForm_D);
    return key;
}

bool NameRegister::claim(quint64 folder, const QString &name)
{
    const QByteArray key = collisionKey(name, m_rules).toUtf8();
    const quint64 hash = XXH3_64bits_withSeed(key.constData(), static_cast<size_t>(key.size()),
                                              folder * 0x9e3779b97f4a7c15ULL);
    const auto before = m_taken.size();
    m_taken.insert(hash);
    return m_taken.size() > before;
}

QString NameRegister::take(quint64 folder, const QString &name)
{
    const QString safe = safeName(name, m_rules);
    if (claim(folder, safe))
        return safe;
    for (int number = 2;; ++number) {
        if (number == NUMBERS_IN_TURN)
            number += static_cast<int>(m_taken.size());
        QString candidate = numberedName(safe, number, m_rules);
        if (claim(folder, candidate))
            return candidate;
    }
}

} // namespace postern
