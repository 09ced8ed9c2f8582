#include "app/gui/widgets/password_field.h"

#include "app/gui/theme/theme.h"

#include <QAction>

namespace postern::gui {

PasswordField::PasswordField(const Theme &theme, QWidget *parent)
    : QLineEdit(parent)
    , m_theme(theme)
    , m_eye(addAction(QIcon(), QLineEdit::TrailingPosition))
{
    setInputMethodHints(Qt::ImhSensitiveData | Qt::ImhNoPredictiveText | Qt::ImhNoAutoUppercase);
    m_eye->setCheckable(true);
    m_eye->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_E));
    m_eye->setShortcutContext(Qt::WidgetShortcut);
    setShown(false);
    connect(m_eye, &QAction::toggled, this, &PasswordField::setShown);
    connect(&theme, &Theme::changed, this, [this] { setShown(m_eye->isChecked()); });
}

void PasswordField::setShown(bool shown)
{
    setEchoMode(shown ? QLineEdit::Normal : QLineEdit::Password);
    m_eye->setIcon(m_theme.icon(shown ? QStringLiteral("eye-off") : QStringLiteral("eye"),
                                m_theme.colors().muted));
    m_eye->setText(shown ? tr("Hide the password (Ctrl+E)") : tr("Show the password (Ctrl+E)"));
}

} // namespace postern::gui
