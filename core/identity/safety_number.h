#pragma once
// Sixty digits that two people compare by another way (a call, face to face) to know that no
// one stands between them. Both sides compute the same number from both accounts' keys.
//
// It covers every device of both accounts as the server tells them at that moment, trusted or
// not: a server that shows one side a device which the other side does not have makes the
// numbers differ. So a new or revoked device of either side changes the number, on both sides
// at once, and it must be compared again; what was verified before is still pinned.
//
// Each account gives 30 digits: SHA-512, 5200 times over, of a version, the SHA-256 of its
// sorted public keys and its name; the smaller half comes first. As long as Signal's, and the
// repetitions make a look-alike as costly to search for. The account's name counts but not the
// server's: one server may have several addresses, and a false alarm teaches people to ignore
// real ones. Pure; any thread. About 5 ms an account: compute it when keys change, not more.

#include <QByteArray>
#include <QList>
#include <QString>

namespace postern {

struct SafetyParty {
    QString account; ///< the name as the server spells it
    QList<QByteArray> publicKeys; ///< SubjectPublicKeyInfo of every device, in any order
};

/// One account's half: 30 digits. Empty while it has no key.
QString accountDigits(const SafetyParty &party);

/// Twelve groups of five digits, the same whichever way round. Empty while a side has no key.
QString safetyNumber(const SafetyParty &one, const SafetyParty &other);

/// The same from two halves, where one of them is at hand already.
QString safetyNumberOfHalves(const QString &one, const QString &other);

} // namespace postern
