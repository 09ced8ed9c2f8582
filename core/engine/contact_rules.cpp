#include "core/engine/contact_rules.h"

#include "core/base/log.h"

#include <QCoreApplication>

#include <array>

namespace postern {

namespace {

constexpr qint64 MOST_BYTES = 4 * 1024 * 1024;
constexpr std::array TAKES{"ask", "always", "below", "never"}; // as ContactRule::Take

QString tr(const char *text) { return QCoreApplication::translate("postern::ContactRules", text); }

QJsonObject toJson(const ContactRule &rule)
{
    return {{QStringLiteral("take"), QLatin1String(TAKES.at(static_cast<std::size_t>(rule.take)))},
            {QStringLiteral("below"), rule.belowBytes},
            {QStringLiteral("into"), rule.into}};
}

/// Nothing where it is not one of ours.
std::optional<ContactRule> fromJson(const QJsonObject &json)
{
    const QString take = json.value(QStringLiteral("take")).toString();
    for (std::size_t i = 0; i < TAKES.size(); ++i)
        if (take == QLatin1String(TAKES.at(i)))
            return ContactRule{static_cast<ContactRule::Take>(i),
                               std::max<qint64>(0, json.value(QStringLiteral("below")).toInteger()),
                               json.value(QStringLiteral("into")).toString()};
    return std::nullopt;
}

} // namespace

ContactRules::ContactRules(const QString &file, const QString &account)
    : m_file(JsonFile(file, MOST_BYTES))
    , m_account(account)
{
    const auto read = m_file->read();
    if (!read) {
        qCWarning(logEngine) << "Rules for contacts are not read:" << read.error().message;
        return;
    }
    const QJsonObject own = read->value_or(QJsonObject()).value(m_account).toObject();
    for (auto one = own.begin(); one != own.end() && m_rules.size() < MOST_RULES; ++one)
        if (const auto rule = fromJson(one.value().toObject()))
            m_rules.insert(one.key(), *rule);
}

std::optional<ContactRule> ContactRules::find(const QString &contact) const
{
    const auto found = m_rules.constFind(contact);
    return found == m_rules.constEnd() ? std::nullopt : std::optional(*found);
}

Result<void> ContactRules::set(const QString &contact, const std::optional<ContactRule> &rule)
{
    if (!m_file)
        return {ErrorCode::Unavailable, tr("You are not signed in. Sign in, then try again.")};
    if (rule && !m_rules.contains(contact) && m_rules.size() >= MOST_RULES)
        return {ErrorCode::LimitExceeded, tr("There are too many rules; clear some first.")};
    const auto changed = m_file->update([&](QJsonObject &all) -> Result<void> {
        QJsonObject own = all.value(m_account).toObject();
        if (rule)
            own.insert(contact, toJson(*rule));
        else
            own.remove(contact);
        all.insert(m_account, own);
        return {};
    });
    if (!changed)
        return changed;
    if (rule)
        m_rules.insert(contact, *rule);
    else
        m_rules.remove(contact);
    return {};
}

} // namespace postern
