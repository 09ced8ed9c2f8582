#include "app/gui/theme/theme.h"

#include <QApplication>
#include <QFile>
#include <QPainter>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>

namespace postern::gui {

namespace {

const Colors LIGHT{
    .window = QColor(0xf7, 0xf6, 0xf3),
    .sidebar = QColor(0xef, 0xed, 0xe8),
    .surface = QColor(0xff, 0xff, 0xff),
    .line = QColor(0xe0, 0xdd, 0xd6),
    .edge = QColor(0x93, 0x8f, 0x87),
    .text = QColor(0x20, 0x24, 0x28),
    .muted = QColor(0x5f, 0x64, 0x6b),
    .hover = QColor(0xe6, 0xe3, 0xdc),
    .selected = QColor(0xd8, 0xe7, 0xe4),
    .accent = QColor(0x17, 0x72, 0x6a),
    .accentHover = QColor(0x12, 0x60, 0x59),
    .onAccent = QColor(0xff, 0xff, 0xff),
    .accentSoft = QColor(0xd5, 0xe8, 0xe4),
    .good = QColor(0x1f, 0x74, 0x40),
    .warning = QColor(0x85, 0x53, 0x00),
    .warningSoft = QColor(0xfb, 0xef, 0xd6),
    .danger = QColor(0xb0, 0x2f, 0x27),
    .dangerSoft = QColor(0xfa, 0xe4, 0xe1),
};

const Colors DARK{
    .window = QColor(0x1b, 0x1d, 0x1f),
    .sidebar = QColor(0x21, 0x24, 0x26),
    .surface = QColor(0x27, 0x2a, 0x2d),
    .line = QColor(0x37, 0x3b, 0x3f),
    .edge = QColor(0x7a, 0x80, 0x86),
    .text = QColor(0xe9, 0xea, 0xeb),
    .muted = QColor(0xa9, 0xaf, 0xb5),
    .hover = QColor(0x2e, 0x32, 0x35),
    .selected = QColor(0x24, 0x40, 0x3d),
    .accent = QColor(0x58, 0xbd, 0xb0),
    .accentHover = QColor(0x74, 0xcd, 0xc1),
    .onAccent = QColor(0x08, 0x24, 0x21),
    .accentSoft = QColor(0x23, 0x45, 0x41),
    .good = QColor(0x7c, 0xcb, 0x92),
    .warning = QColor(0xe8, 0xbb, 0x66),
    .warningSoft = QColor(0x41, 0x35, 0x1d),
    .danger = QColor(0xf2, 0x93, 0x89),
    .dangerSoft = QColor(0x47, 0x29, 0x27),
};

QByteArray readResource(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QPixmap renderSvg(const QByteArray &svg, QSize size, qreal scale)
{
    QPixmap pixmap(size * scale);
    pixmap.fill(Qt::transparent);
    QSvgRenderer renderer(svg);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    renderer.render(&painter, QRectF(QPointF(), QSizeF(pixmap.size())));
    painter.end();
    pixmap.setDevicePixelRatio(scale);
    return pixmap;
}

QPalette paletteFor(const Colors &colors)
{
    QPalette palette;
    const auto set = [&palette](QPalette::ColorRole role, const QColor &color) {
        palette.setColor(role, color);
    };
    set(QPalette::Window, colors.window);
    set(QPalette::WindowText, colors.text);
    set(QPalette::Base, colors.surface);
    set(QPalette::AlternateBase, colors.window);
    set(QPalette::Text, colors.text);
    set(QPalette::Button, colors.surface);
    set(QPalette::ButtonText, colors.text);
    set(QPalette::BrightText, colors.danger);
    set(QPalette::ToolTipBase, colors.surface);
    set(QPalette::ToolTipText, colors.text);
    set(QPalette::PlaceholderText, colors.muted);
    set(QPalette::Highlight, colors.accent);
    set(QPalette::HighlightedText, colors.onAccent);
    set(QPalette::Link, colors.accent);
    set(QPalette::Light, colors.surface);
    set(QPalette::Midlight, colors.line);
    set(QPalette::Mid, colors.edge);
    set(QPalette::Dark, colors.edge);
    set(QPalette::Shadow, colors.edge);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, colors.edge);
    return palette;
}

} // namespace

Theme::Theme(QObject *parent)
    : QObject(parent)
{
}

void Theme::choose(ThemeChoice choice)
{
    if (choice == m_choice)
        return;
    m_choice = choice;
    refresh();
}

void Theme::setSystemDark(bool dark)
{
    if (dark == m_systemDark)
        return;
    m_systemDark = dark;
    if (m_choice == ThemeChoice::System)
        refresh();
}

bool Theme::isDark() const
{
    return m_choice == ThemeChoice::Dark || (m_choice == ThemeChoice::System && m_systemDark);
}

const Colors &Theme::colors() const { return isDark() ? DARK : LIGHT; }

void Theme::dress(QApplication &application)
{
    m_application = &application;
    // Fusion draws the same controls everywhere, so that one sheet fits all systems.
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    refresh();
}

void Theme::refresh()
{
    m_pixmaps.clear();
    if (m_application) {
        m_application->setPalette(paletteFor(colors()));
        m_application->setStyleSheet(styleSheetFor(colors()));
    }
    emit changed();
}

QPixmap Theme::pixmap(const QString &name, int size, const QColor &color, qreal scale) const
{
    const auto key = QStringLiteral("%1/%2/%3/%4").arg(name, color.name()).arg(size).arg(scale);
    auto found = m_pixmaps.constFind(key);
    if (found == m_pixmaps.constEnd()) {
        auto svg = readResource(QStringLiteral(":/icons/%1.svg").arg(name));
        // The icons are drawn in this one colour, which stands for "the ink".
        svg.replace("#000001", color.name().toLatin1());
        found = m_pixmaps.insert(key, renderSvg(svg, {size, size}, scale));
    }
    return *found;
}

QIcon Theme::icon(const QString &name, const QColor &color) const
{
    QIcon icon;
    const auto ink = color.isValid() ? color : colors().text;
    for (const int size : {16, 20, 24, 32, 48}) {
        icon.addPixmap(pixmap(name, size, ink));
        icon.addPixmap(pixmap(name, size, colors().edge), QIcon::Disabled);
    }
    return icon;
}

QPixmap Theme::illustration(const QString &name, QSize size, qreal scale) const
{
    auto svg = readResource(QStringLiteral(":/illustrations/%1.svg").arg(name));
    svg.replace("@accent", colors().accent.name().toLatin1());
    svg.replace("@soft", colors().accentSoft.name().toLatin1());
    svg.replace("@line", colors().line.name().toLatin1());
    svg.replace("@surface", colors().window.name().toLatin1());
    return renderSvg(svg, size, scale);
}

} // namespace postern::gui
