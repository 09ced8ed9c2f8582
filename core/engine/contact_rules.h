#pragma once
// What a person decided about the offers of single contacts. A small file of the profile, per
// account; several processes may read and change it. Engine thread.

#include "core/engine_types.h"
#include "core/identity/json_file.h"

#include <QHash>

namespace postern {

class ContactRules {
public:
    static constexpr int MOST_RULES = 10'000;

    ContactRules() = default; ///< knows none, and keeps none
    /// `account` tells the lists of several accounts of one profile apart ("name@host:port").
    ContactRules(const QString &file, const QString &account);

    std::optional<ContactRule> find(const QString &contact) const;
    /// std::nullopt forgets it.
    Result<void> set(const QString &contact, const std::optional<ContactRule> &rule);

private:
    std::optional<JsonFile> m_file;
    QString m_account;
    QHash<QString, ContactRule> m_rules;
};

} // namespace postern
