#include "app/gui/dialogs/safety_number_dialog.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/text_label.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QVBoxLayout>

namespace postern::gui {

namespace {

constexpr int WIDTH = 440;
constexpr int GROUP = 5;
constexpr int GROUPS_A_ROW = 4;

std::optional<DeviceInfo> undecidedDevice(const ContactInfo &contact)
{
    for (const auto trust : {KeyTrust::Changed, KeyTrust::New})
        for (const auto &device : contact.devices)
            if (device.trust == trust)
                return device;
    return std::nullopt;
}

} // namespace

QString groupedDigits(const QString &safetyNumber)
{
    QString digits;
    for (const auto c : safetyNumber)
        if (c.isDigit())
            digits += c;
    QString grouped;
    for (int i = 0; i < digits.size(); i += GROUP) {
        if (i > 0)
            grouped += (i / GROUP) % GROUPS_A_ROW == 0 ? QLatin1Char('\n') : QLatin1Char(' ');
        grouped += digits.mid(i, GROUP);
    }
    return grouped;
}

SafetyNumberDialog::SafetyNumberDialog(const Theme &theme, const ContactInfo &contact,
                                       QWidget *parent)
    : QDialog(parent)
    , m_contact(contact)
    , m_undecided(undecidedDevice(contact))
{
    setWindowTitle(tr("Safety number"));
    setFixedWidth(WIDTH + 2 * space::L);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::M);
    auto *title = textLabel(
        fontMetrics().elidedText(tr("Safety number with %1").arg(quotable(contactTitle(contact))),
                                 Qt::ElideMiddle, WIDTH * 2 / 3),
        "title", this);
    layout->addWidget(title);
    addExplanation(theme, layout);
    if (!contact.safetyNumber.isEmpty())
        layout->addWidget(makeNumber());
    layout->addLayout(makeButtons());
}

void SafetyNumberDialog::addExplanation(const Theme &theme, QBoxLayout *layout)
{
    const auto name = quotable(contactTitle(m_contact));
    if (m_undecided) {
        const auto device = quotable(m_undecided->name);
        auto *strip = new MessageStrip(theme, this);
        if (m_undecided->trust == KeyTrust::Changed)
            strip->say(MessageStrip::Kind::Danger,
                       tr("The key of the device %1 is not the one Postern remembers. That happens "
                          "when Postern was installed anew there, and also when someone stands "
                          "between you.")
                           .arg(device));
        else
            strip->say(
                MessageStrip::Kind::Warning,
                tr("%1 signed in on a device that you have not met yet: %2.").arg(name, device));
        strip->setClosable(false);
        layout->addWidget(strip);
    }
    layout->addWidget(wrappedLabel(
        tr("Compare these digits with the ones %1 sees, over the telephone or side by side. If "
           "they are the same, nobody stands between you.")
            .arg(name),
        "muted", this));
}

QWidget *SafetyNumberDialog::makeNumber()
{
    auto *card = new QFrame(this);
    card->setProperty("role", QStringLiteral("card"));
    auto *digits = textLabel(groupedDigits(m_contact.safetyNumber), "number", card);
    digits->setObjectName(QStringLiteral("digits"));
    digits->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    digits->setAccessibleName(tr("Safety number"));
    auto *copy = textButton(tr("&Copy"), "link", card);
    connect(copy, &QPushButton::clicked, this, [this, copy] {
        QGuiApplication::clipboard()->setText(groupedDigits(m_contact.safetyNumber));
        copy->setText(tr("Copied"));
    });
    auto *layout = new QHBoxLayout(card);
    layout->setContentsMargins(space::L, space::M, space::M, space::M);
    layout->addWidget(digits);
    layout->addStretch();
    layout->addWidget(copy);
    return card;
}

QLayout *SafetyNumberDialog::makeButtons()
{
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(space::S);
    if (m_undecided) {
        const bool changed = m_undecided->trust == KeyTrust::Changed;
        auto *trust = textButton(changed ? tr("&Trust the new key") : tr("&Trust this device"),
                                 changed ? "danger" : "primary", this);
        auto *keep = textButton(changed ? tr("&Keep blocked") : tr("Not &now"),
                                changed ? "primary" : "", this);
        keep->setDefault(true);
        buttons->addStretch();
        buttons->addWidget(changed ? trust : keep);
        buttons->addWidget(changed ? keep : trust);
        connect(keep, &QPushButton::clicked, this, &QDialog::reject);
        connect(trust, &QPushButton::clicked, this, [this] {
            emit trustWanted(m_contact.name, m_undecided->id);
            accept();
        });
        keep->setFocus();
        return buttons;
    }
    const bool verified = m_contact.trust() == KeyTrust::Verified;
    auto *close = textButton(tr("Close"), "", this);
    connect(close, &QPushButton::clicked, this, &QDialog::reject);
    buttons->addWidget(
        textLabel(verified ? tr("You verified this contact.") : QString(), "muted", this), 1);
    buttons->addWidget(close);
    if (!verified && !m_contact.safetyNumber.isEmpty()) {
        auto *verify = textButton(tr("They are the &same"), "primary", this);
        buttons->addWidget(verify);
        connect(verify, &QPushButton::clicked, this, [this] {
            emit verifyWanted(m_contact.name);
            accept();
        });
    }
    close->setFocus();
    return buttons;
}

} // namespace postern::gui
