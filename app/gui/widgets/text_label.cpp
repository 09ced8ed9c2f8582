#include "app/gui/widgets/text_label.h"

#include <QVariant>

namespace postern::gui {

QLabel *textLabel(const QString &text, const char *role, QWidget *parent)
{
    auto *label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", QString::fromLatin1(role));
    label->setText(text);
    return label;
}

QLabel *wrappedLabel(const QString &text, const char *role, QWidget *parent)
{
    auto *label = textLabel(text, role, parent);
    label->setWordWrap(true);
    return label;
}

} // namespace postern::gui
