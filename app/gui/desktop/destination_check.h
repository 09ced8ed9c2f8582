#pragma once
// Whether a folder can take what comes: asked in a worker, since a sleeping disk or a
// network share may take seconds to answer. Thread: GUI.

#include "core/base/result.h"

#include <functional>
#include <optional>

class QObject;

namespace postern::gui {

struct Destination {
    qint64 freeBytes = 0; ///< -1: the system does not tell
    std::optional<Error> problem;
};

/// The answer comes in the caller's thread, and not at all if `context` is gone by then.
void checkDestination(const QString &folder, qint64 bytes, QObject *context,
                      std::function<void(const Destination &)> done);

} // namespace postern::gui
