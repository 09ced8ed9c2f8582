#pragma once
// What was measured of networks, kept in the profile: "networks.json", the last MOST of them.
// A damaged or unwritable file only means that networks are measured again.
// Thread: engine thread.

#include "core/identity/json_file.h"
#include "core/nat/network_memory.h"

#include <QJsonArray>

namespace postern {

class NetworkMemoryFile final : public nat::NetworkMemory {
public:
    static constexpr qsizetype MOST = 16;
    static constexpr qint64 OLDEST_SECONDS = 7 * 24 * 3600; ///< operators change their networks

    explicit NetworkMemoryFile(const QString &path);

    std::optional<nat::NetworkBehaviour> recall(const QByteArray &fingerprint) override;
    void remember(const QByteArray &fingerprint, const nat::NetworkBehaviour &network) override;

private:
    JsonFile m_file;
};

} // namespace postern
