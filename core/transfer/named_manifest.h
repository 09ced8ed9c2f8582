#pragma once
// An offer's manifest with the names its entries get on this system. Value, any thread.

#include "core/transfer/manifest.h"
#include "core/transfer/safe_names.h"

#include <QHash>
#include <QStringList>

#include <memory>

namespace postern {

struct NamedManifest {
    Manifest manifest;
    QHash<Manifest::Index, QString> safeNames; ///< where the offered name was not fit
    QStringList notes; ///< what was renamed, as sentences
    QByteArray listHash; ///< Manifest::hash()

    QString name(Manifest::Index entry) const;
    QString path(Manifest::Index entry) const; ///< '/' between parts
};

/// Gives every entry a safe name of its own.
std::shared_ptr<const NamedManifest> nameSafely(Manifest manifest, const NameRules &rules);

} // namespace postern
