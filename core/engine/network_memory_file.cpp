#include "core/engine/network_memory_file.h"

#include "core/base/log.h"

#include <QDateTime>
#include <QJsonObject>

namespace postern {

namespace {

constexpr qint64 MOST_BYTES = 64 * 1024;
const QLatin1String NETWORKS("networks");
const QLatin1String NETWORK("network"); ///< its fingerprint
const QLatin1String MEASURED("measured"); ///< seconds since 1970
const QLatin1String BEHAVIOUR("behaviour"); ///< as offers carry it, base64

struct Kept {
    static constexpr const char *TYPE = "network";
    nat::NetworkBehaviour network;
    template<typename V> void fields(V &v) { v("network", network); }
};

QString nameOf(const QByteArray &fingerprint) { return QString::fromLatin1(fingerprint.toHex()); }

} // namespace

NetworkMemoryFile::NetworkMemoryFile(const QString &path)
    : m_file(path, MOST_BYTES)
{
}

std::optional<nat::NetworkBehaviour> NetworkMemoryFile::recall(const QByteArray &fingerprint)
{
    const auto content = m_file.read();
    if (!content || !*content)
        return std::nullopt;
    const qint64 now = QDateTime::currentSecsSinceEpoch();
    const auto networks = (*content)->value(NETWORKS).toArray();
    for (const auto &entry : networks) {
        const auto object = entry.toObject();
        const qint64 age = now - object.value(MEASURED).toInteger();
        if (object.value(NETWORK).toString() != nameOf(fingerprint) || age > OLDEST_SECONDS)
            continue;
        const auto bytes = QByteArray::fromBase64(object.value(BEHAVIOUR).toString().toLatin1());
        if (const auto kept = wire::decode<std::variant<Kept>>(bytes))
            return std::get<Kept>(*kept).network;
    }
    return std::nullopt;
}

void NetworkMemoryFile::remember(const QByteArray &fingerprint,
                                 const nat::NetworkBehaviour &network)
{
    const QString name = nameOf(fingerprint);
    const auto kept = m_file.update([&](QJsonObject &content) -> Result<void> {
        QJsonArray networks{
            QJsonObject{{NETWORK, name},
                        {MEASURED, QDateTime::currentSecsSinceEpoch()},
                        {BEHAVIOUR, QString::fromLatin1(wire::encode(Kept{network}).toBase64())}}};
        const auto before = content.value(NETWORKS).toArray();
        for (const auto &entry : before)
            if (entry.toObject().value(NETWORK).toString() != name && networks.size() < MOST)
                networks.append(entry);
        content.insert(NETWORKS, networks);
        return {};
    });
    if (!kept)
        qCDebug(logEngine) << "This network is not remembered:" << kept.error().message;
}

} // namespace postern
