#include "app/gui/dialogs/limit_dialog.h"

#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/rate_field.h"
#include "app/gui/widgets/text_label.h"

#include <QVBoxLayout>

namespace postern::gui {

namespace {
constexpr int WIDTH = 400;
}

LimitDialog::LimitDialog(const QString &title, qint64 bytesPerSecond, QWidget *parent)
    : QDialog(parent)
    , m_rate(new RateField(this))
{
    setWindowTitle(tr("Limit the speed"));
    setFixedWidth(WIDTH);
    auto *name = new ElidedLabel(this);
    name->setText(title);
    name->setMuted(true);
    auto *label = textLabel(tr("&At most"), "", this);
    label->setBuddy(m_rate);
    m_rate->setAccessibleName(tr("Highest speed"));
    m_rate->setBytesPerSecond(bytesPerSecond);
    auto *cancel = textButton(tr("Cancel"), "", this);
    auto *unlimited = textButton(tr("&No limit"), "", this);
    auto *set = textButton(tr("&Set the limit"), "primary", this);
    set->setDefault(true);

    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    buttons->addStretch();
    buttons->addWidget(cancel);
    buttons->addWidget(unlimited);
    buttons->addWidget(set);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::XS);
    layout->addWidget(textLabel(tr("Limit the speed"), "title", this));
    layout->addWidget(name);
    layout->addSpacing(space::M);
    layout->addWidget(label);
    layout->addWidget(m_rate);
    layout->addSpacing(space::M);
    layout->addLayout(buttons);

    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(set, &QPushButton::clicked, this, [this] {
        emit limitWanted(m_rate->bytesPerSecond());
        accept();
    });
    connect(unlimited, &QPushButton::clicked, this, [this] {
        emit limitWanted(0);
        accept();
    });
    m_rate->selectAll();
    m_rate->setFocus();
}

} // namespace postern::gui
