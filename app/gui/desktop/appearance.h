#pragma once
// Whether the desktop prefers light or dark, now and when it changes. Thread: GUI.

#include <QObject>

#include <functional>
#include <memory>

namespace postern::gui {

/// Calls `prefersDark` once it is known and on every change, as long as the watcher lives.
std::unique_ptr<QObject> watchAppearance(std::function<void(bool dark)> prefersDark);

} // namespace postern::gui
