#include "app/gui/widgets/text_label.h"

#include <QVariant>

namespace postern::gui {

namespace {

constexpr int NARROWEST = 80;

class WrappedLabel : public QLabel {
public:
    explicit WrappedLabel(QWidget *parent)
        : QLabel(parent)
    {
        setWordWrap(true);
    }

    QSize sizeHint() const override
    {
        const auto wish = QLabel::sizeHint();
        return {wish.width(),
                testAttribute(Qt::WA_Resized) ? heightForWidth(width()) : wish.height()};
    }

    QSize minimumSizeHint() const override
    {
        return {NARROWEST, testAttribute(Qt::WA_Resized) ? heightForWidth(width()) : 0};
    }

protected:
    void resizeEvent(QResizeEvent *event) override
    {
        QLabel::resizeEvent(event);
        updateGeometry();
    }
};

QLabel *prepared(QLabel *label, const QString &text, const char *role)
{
    label->setTextFormat(Qt::PlainText);
    label->setProperty("role", QString::fromLatin1(role));
    label->setText(text);
    return label;
}

} // namespace

QLabel *textLabel(const QString &text, const char *role, QWidget *parent)
{
    return prepared(new QLabel(parent), text, role);
}

QLabel *wrappedLabel(const QString &text, const char *role, QWidget *parent)
{
    return prepared(new WrappedLabel(parent), text, role);
}

} // namespace postern::gui
