#include "app/gui/desktop/appearance.h"

#include <QGuiApplication>
#include <QPalette>
#include <QStyleHints>

namespace postern::gui {

std::unique_ptr<QObject> watchAppearance(std::function<void(bool dark)> prefersDark)
{
    auto watcher = std::make_unique<QObject>();
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto *hints = QGuiApplication::styleHints();
    QObject::connect(
        hints, &QStyleHints::colorSchemeChanged, watcher.get(),
        [prefersDark](Qt::ColorScheme scheme) { prefersDark(scheme == Qt::ColorScheme::Dark); });
    prefersDark(hints->colorScheme() == Qt::ColorScheme::Dark);
#else
    prefersDark(QGuiApplication::palette().color(QPalette::Window).lightness() < 128);
#endif
    return watcher;
}

} // namespace postern::gui
