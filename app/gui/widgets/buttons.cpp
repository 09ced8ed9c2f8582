#include "app/gui/widgets/buttons.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"

namespace postern::gui {

QPushButton *textButton(const QString &text, const char *role, QWidget *parent)
{
    auto *button = new QPushButton(text, parent);
    button->setProperty("role", QString::fromLatin1(role));
    button->setAutoDefault(false); // only a dialog's own choice answers to Return
    return button;
}

QToolButton *iconButton(const Theme &theme, const QString &icon, const QString &text,
                        QWidget *parent)
{
    auto *button = new QToolButton(parent);
    button->setToolTip(plainToolTip(text));
    button->setAccessibleName(text);
    button->setFocusPolicy(Qt::TabFocus);
    button->setIconSize({20, 20});
    setThemedIcon(button, theme, icon);
    return button;
}

void setThemedIcon(QAbstractButton *button, const Theme &theme, const QString &icon)
{
    const auto apply = [button, &theme, icon] {
        const bool primary = button->property("role").toString() == QLatin1String("primary");
        button->setIcon(theme.icon(icon, primary ? theme.colors().onAccent : theme.colors().text));
    };
    apply();
    QObject::connect(&theme, &Theme::changed, button, apply);
}

} // namespace postern::gui
