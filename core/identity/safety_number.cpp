#include "core/identity/safety_number.h"

#include <QCryptographicHash>
#include <QStringList>

#include <algorithm>

namespace postern {

namespace {

constexpr char VERSION[] = "postern safety number v1\n";
constexpr int ITERATIONS = 5200; // as Signal's: about 2^12 times the work of one hash
constexpr int GROUPS_PER_ACCOUNT = 6;
constexpr int BYTES_PER_GROUP = 5; // 40 bits, so that the remainder is even to 1 in 10^7
constexpr int DIGITS_PER_GROUP = 5;

/// One fixed-size value for a set of keys of any number, each told apart by its length.
QByteArray digestOf(QList<QByteArray> keys)
{
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    QCryptographicHash hash(QCryptographicHash::Sha256);
    for (const QByteArray &key : keys) {
        hash.addData(QByteArray::number(key.size()) + ':');
        hash.addData(key);
    }
    return hash.result();
}

} // namespace

QString accountDigits(const SafetyParty &party)
{
    if (party.publicKeys.isEmpty())
        return {};
    const QByteArray identity = digestOf(party.publicKeys) + party.account.toUtf8();
    QByteArray hash = VERSION + identity;
    for (int round = 0; round < ITERATIONS; ++round)
        hash = QCryptographicHash::hash(hash + identity, QCryptographicHash::Sha512);

    QString digits;
    for (int group = 0; group < GROUPS_PER_ACCOUNT; ++group) {
        quint64 number = 0;
        for (int i = 0; i < BYTES_PER_GROUP; ++i)
            number = number << 8 | static_cast<quint8>(hash[group * BYTES_PER_GROUP + i]);
        digits += QString::number(number % 100'000).rightJustified(DIGITS_PER_GROUP, u'0');
    }
    return digits;
}

QString safetyNumberOfHalves(const QString &one, const QString &other)
{
    if (one.isEmpty() || other.isEmpty())
        return {};
    const QString digits = std::min(one, other) + std::max(one, other);
    QStringList groups;
    for (qsizetype at = 0; at < digits.size(); at += DIGITS_PER_GROUP)
        groups.append(digits.mid(at, DIGITS_PER_GROUP));
    return groups.join(u' ');
}

QString safetyNumber(const SafetyParty &one, const SafetyParty &other)
{
    return safetyNumberOfHalves(accountDigits(one), accountDigits(other));
}

} // namespace postern
