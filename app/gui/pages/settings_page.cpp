#include "app/gui/pages/settings_page.h"

#include "app/gui/text/display_text.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/rate_field.h"
#include "app/gui/widgets/text_label.h"

#include <QCheckBox>
#include <QComboBox>
#include <QGridLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QShortcut>
#include <QSpinBox>
#include <QSysInfo>
#include <QVBoxLayout>

namespace postern::gui {

namespace {

constexpr int COLUMN_WIDTH = 560;
constexpr int LABEL_WIDTH = 136;
constexpr int LONGEST_DEVICE_NAME = 64;

/// A card with a heading and rows of label and control on one grid.
class Section : public QFrame {
public:
    Section(const QString &heading, QWidget *parent)
        : QFrame(parent)
        , m_grid(new QGridLayout)
    {
        setProperty("role", QStringLiteral("card"));
        m_grid->setHorizontalSpacing(space::M);
        m_grid->setVerticalSpacing(space::S + space::XS);
        m_grid->setColumnMinimumWidth(0, LABEL_WIDTH);
        m_grid->setColumnStretch(1, 1);
        auto *layout = new QVBoxLayout(this);
        layout->setContentsMargins(space::L, space::M, space::L, space::L);
        layout->setSpacing(space::S + space::XS);
        layout->addWidget(textLabel(heading, "heading", this));
        layout->addLayout(m_grid);
    }

    void addRow(const QString &label, QWidget *control, QWidget *button = nullptr)
    {
        const int row = m_grid->rowCount();
        auto *name = textLabel(label, "muted", this);
        name->setBuddy(control->focusPolicy() != Qt::NoFocus ? control : button);
        auto plain = label;
        control->setAccessibleDescription(plain.remove(QLatin1Char('&')));
        m_grid->addWidget(name, row, 0);
        m_grid->addWidget(control, row, 1, 1, button ? 1 : 2);
        if (button)
            m_grid->addWidget(button, row, 2);
    }

    void addNote(QLabel *note) { m_grid->addWidget(note, m_grid->rowCount(), 1, 1, 2); }

private:
    QGridLayout *m_grid;
};

} // namespace

SettingsPage::SettingsPage(Theme &theme, Settings &settings, QWidget *parent)
    : QWidget(parent)
    , m_theme(theme)
    , m_settings(settings)
{
    auto *back = iconButton(theme, QStringLiteral("back"), tr("Back (Esc)"), this);
    connect(back, &QToolButton::clicked, this, &SettingsPage::closed);
    auto *escape = new QShortcut(QKeySequence(Qt::Key_Escape), this);
    escape->setContext(Qt::WidgetWithChildrenShortcut);
    connect(escape, &QShortcut::activated, this, &SettingsPage::closed);

    auto *header = new QHBoxLayout;
    header->setContentsMargins(space::M, space::M, space::M, space::S);
    header->setSpacing(space::S);
    header->addWidget(back);
    header->addWidget(textLabel(tr("Settings"), "title", this), 1);

    auto *canvas = new QWidget(this);
    canvas->setProperty("role", QStringLiteral("canvas"));
    auto *column = new QVBoxLayout;
    column->setContentsMargins(0, space::S, 0, space::XL);
    column->setSpacing(space::M);
    for (auto *section : {makeAccount(), makeReceiving(), makeSpeed(), makeNetwork(), makeLook()})
        column->addWidget(section);
    column->addStretch();
    auto *centred = new QHBoxLayout(canvas);
    centred->setContentsMargins(space::M, 0, space::M, 0);
    centred->addStretch();
    centred->addLayout(column);
    centred->addStretch();

    auto *scroll = new QScrollArea(this);
    scroll->setWidget(canvas);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(header);
    layout->addWidget(scroll, 1);
}

QWidget *SettingsPage::makeAccount()
{
    auto *section = new Section(tr("Account"), this);
    section->setFixedWidth(COLUMN_WIDTH);
    m_account = new ElidedLabel(section);
    m_server = new ElidedLabel(section);
    m_deviceName = new QLineEdit(m_settings.deviceName(), section);
    m_deviceName->setPlaceholderText(QSysInfo::machineHostName());
    m_deviceName->setMaxLength(LONGEST_DEVICE_NAME);
    m_deviceName->setAccessibleName(tr("Device name"));
    auto *signOut = textButton(tr("Sign &out…"), "", section);
    section->addRow(tr("Signed in as"), m_account, signOut);
    section->addRow(tr("Server"), m_server);
    section->addRow(tr("&Device name"), m_deviceName);
    section->addNote(wrappedLabel(
        tr("What your contacts see. A new name is used from the next start."), "muted", section));
    connect(signOut, &QPushButton::clicked, this, &SettingsPage::signOutWanted);
    connect(m_deviceName, &QLineEdit::editingFinished, this,
            [this] { m_settings.setDeviceName(m_deviceName->text().trimmed()); });
    return section;
}

QWidget *SettingsPage::makeReceiving()
{
    auto *section = new Section(tr("Receiving"), this);
    section->setFixedWidth(COLUMN_WIDTH);
    m_folder = new ElidedLabel(section);
    m_folder->setText(m_settings.downloadFolder());
    auto *change = textButton(tr("C&hange…"), "", section);
    m_policy = new QComboBox(section);
    m_policy->setAccessibleName(tr("When a contact sends something"));
    m_policy->addItem(tr("Ask me each time"), static_cast<int>(AcceptPolicy::Ask));
    m_policy->addItem(tr("Accept from all contacts"), static_cast<int>(AcceptPolicy::Contacts));
    m_policy->addItem(tr("Receive nothing"), static_cast<int>(AcceptPolicy::None));
    m_policy->setCurrentIndex(m_policy->findData(static_cast<int>(m_settings.acceptPolicy())));
    section->addRow(tr("Save into"), m_folder, change);
    section->addRow(tr("&When files come"), m_policy);
    connect(change, &QPushButton::clicked, this, &SettingsPage::chooseFolderWanted);
    connect(m_policy, &QComboBox::activated, this, [this] {
        m_settings.setAcceptPolicy(static_cast<AcceptPolicy>(m_policy->currentData().toInt()));
        emit receivingChanged();
    });
    return section;
}

QWidget *SettingsPage::makeSpeed()
{
    auto *section = new Section(tr("Speed"), this);
    section->setFixedWidth(COLUMN_WIDTH);
    const auto limits = m_settings.rateLimits();
    m_up = new RateField(section);
    m_up->setAccessibleName(tr("Sending, at most"));
    m_up->setBytesPerSecond(limits.up);
    m_down = new RateField(section);
    m_down->setAccessibleName(tr("Receiving, at most"));
    m_down->setBytesPerSecond(limits.down);
    m_yields = new QCheckBox(tr("Lea&ve room for others on the line"), section);
    m_yields->setToolTip(plainToolTip(
        tr("Transfers slow down when calls, games or pages would have to wait because of them.")));
    m_yields->setChecked(limits.yields);
    section->addRow(tr("Sen&ding"), m_up);
    section->addRow(tr("Re&ceiving"), m_down);
    section->addNote(wrappedLabel(tr("At most so much for all transfers together; 0 for no limit."),
                                  "muted", section));
    section->addRow(tr("Others"), m_yields);
    for (auto *field : {m_up, m_down})
        connect(field, &QAbstractSpinBox::editingFinished, this, &SettingsPage::keepLimits);
    connect(m_yields, &QCheckBox::toggled, this, &SettingsPage::keepLimits);
    return section;
}

void SettingsPage::keepLimits()
{
    const RateLimits limits{m_up->bytesPerSecond(), m_down->bytesPerSecond(),
                            m_yields->isChecked()};
    if (limits == m_settings.rateLimits())
        return;
    m_settings.setRateLimits(limits);
    emit limitsChanged(limits);
}

QWidget *SettingsPage::makeNetwork()
{
    auto *section = new Section(tr("Network"), this);
    section->setFixedWidth(COLUMN_WIDTH);
    m_port = new QSpinBox(section);
    m_port->setRange(0, 65535);
    m_port->setSpecialValueText(tr("any free one"));
    m_port->setValue(m_settings.port());
    m_port->setAccessibleName(tr("Port"));
    m_measure = textButton(tr("&Test now"), "", section);
    m_network = wrappedLabel(tr("Not tested yet."), "", section);
    m_network->setTextInteractionFlags(Qt::TextSelectableByMouse);
    section->addRow(tr("&Port"), m_port);
    section->addNote(wrappedLabel(
        tr("TCP and UDP; another is taken if it is in use. Changes count from the next start."),
        "muted", section));
    m_portmap = new QCheckBox(tr("Ask the &router to pass the port on"), section);
    m_portmap->setToolTip(tr("By UPnP, NAT-PMP or PCP; it is taken back when Postern ends."));
    m_portmap->setChecked(m_settings.mapsPort());
    section->addRow(tr("Router"), m_portmap);
    section->addRow(tr("From outside"), m_network, m_measure);
    connect(m_port, &QSpinBox::editingFinished, this,
            [this] { m_settings.setPort(static_cast<quint16>(m_port->value())); });
    connect(m_portmap, &QCheckBox::toggled, this,
            [this](bool map) { m_settings.setMapsPort(map); });
    connect(m_measure, &QPushButton::clicked, this, [this] {
        m_measure->setEnabled(false);
        m_network->setText(tr("Testing…"));
        emit measureWanted();
    });
    return section;
}

QWidget *SettingsPage::makeLook()
{
    auto *section = new Section(tr("Appearance"), this);
    section->setFixedWidth(COLUMN_WIDTH);
    m_look = new QComboBox(section);
    m_look->setAccessibleName(tr("Theme"));
    m_look->addItem(tr("As the system"), static_cast<int>(ThemeChoice::System));
    m_look->addItem(tr("Light"), static_cast<int>(ThemeChoice::Light));
    m_look->addItem(tr("Dark"), static_cast<int>(ThemeChoice::Dark));
    m_look->setCurrentIndex(m_look->findData(static_cast<int>(m_settings.theme())));
    m_tray = new QCheckBox(tr("&Keep running in the tray when the window is closed"), section);
    m_tray->setChecked(m_settings.keepsInTray());
    section->addRow(tr("&Theme"), m_look);
    section->addRow(tr("Window"), m_tray);
    connect(m_look, &QComboBox::activated, this, [this] {
        const auto choice = static_cast<ThemeChoice>(m_look->currentData().toInt());
        m_settings.setTheme(choice);
        m_theme.choose(choice);
    });
    connect(m_tray, &QCheckBox::toggled, this,
            [this](bool keep) { m_settings.setKeepsInTray(keep); });
    return section;
}

void SettingsPage::present(const SessionInfo &session)
{
    m_account->setText(session.account.user);
    m_server->setText(shortServer(session.account.server));
}

void SettingsPage::present(const Result<NetworkInfo> &network)
{
    m_measure->setEnabled(true);
    if (!network) {
        m_network->setText(visibleText(network.error().message));
        return;
    }
    const auto yes = tr("reachable");
    const auto no = tr("not reachable");
    QStringList lines;
    if (!network->summary.isEmpty())
        lines << network->summary;
    if (!network->natClass.isEmpty())
        lines << tr("Kind of network: %1").arg(network->natClass);
    lines << tr("TCP: %1, %2")
                 .arg(network->publicTcp.isEmpty() ? tr("address unknown") : network->publicTcp,
                      network->tcpReachable ? yes : no);
    lines << (network->publicUdp.isEmpty()
                  ? tr("UDP: blocked on this network")
                  : tr("UDP: %1, %2").arg(network->publicUdp, network->udpReachable ? yes : no));
    lines << tr("Listening on port %1").arg(network->port);
    if (!network->mappedTcp.isEmpty() || !network->mappedUdp.isEmpty())
        lines << tr("The router passes on %1 (%2)")
                     .arg(network->mappedTcp.isEmpty() ? network->mappedUdp : network->mappedTcp,
                          network->portmap);
    m_network->setText(lines.join(QLatin1Char('\n')));
}

void SettingsPage::setTrayAvailable(bool available) { m_tray->setEnabled(available); }

void SettingsPage::setDownloadFolder(const QString &folder)
{
    m_settings.setDownloadFolder(folder);
    m_folder->setText(folder);
    emit receivingChanged();
}

} // namespace postern::gui
