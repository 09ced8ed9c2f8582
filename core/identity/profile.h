#pragma once
// The folder that holds what one person's Postern remembers: the account, the pins, and the
// key file where that was chosen. Owner-only; several processes may use it at once. Nothing
// in it is secret but the key file. Any thread.

#include "core/base/result.h"

#include <QByteArray>
#include <QString>

#include <optional>

namespace postern {

struct StoredAccount {
    QString server; ///< as the person wrote it, fingerprint included
    QString user; ///< as the server spells it
    QString deviceName;
    QByteArray serverCertificateSha256; ///< seen at the first sign-in; 32 bytes or empty

    friend bool operator==(const StoredAccount &, const StoredAccount &) = default;
};

class Profile {
public:
    /// Creates the folder (0700) if it is missing. Fails, with a sentence, for a folder that
    /// belongs to another user or that others may write into: they could plant keys in it.
    static Result<Profile> open(const QString &folder);

    QString folder() const { return m_folder; } ///< absolute, links resolved
    QString filePath(const QString &name) const;

    /// Unknown fields are ignored. Empty if no one has signed in here; Corrupt if the file is
    /// damaged, which a new sign-in mends.
    Result<std::optional<StoredAccount>> account() const;
    Result<void> storeAccount(const StoredAccount &account) const;
    Result<void> forgetAccount() const;

private:
    explicit Profile(QString folder);

    QString m_folder;
};

} // namespace postern
