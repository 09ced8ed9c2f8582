#include "app/gui/pages/welcome_page.h"

#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/password_field.h"
#include "app/gui/widgets/text_label.h"

#include <QButtonGroup>
#include <QIcon>
#include <QScrollArea>
#include <QStyle>
#include <QVBoxLayout>

namespace postern::gui {

namespace {

constexpr int CARD_WIDTH = 400;
constexpr int MARK = 72;
constexpr int SEGMENTS_HEIGHT = 40;
/// The address of a server with its fingerprint is the longest thing typed or pasted here.
constexpr int LONGEST_INPUT = 400;

void setInvalid(QLineEdit *input, bool invalid)
{
    if (input->property("invalid").toBool() == invalid)
        return;
    input->setProperty("invalid", invalid);
    input->style()->unpolish(input);
    input->style()->polish(input);
}

} // namespace

WelcomePage::WelcomePage(const Theme &theme, QWidget *parent)
    : QWidget(parent)
    , m_theme(theme)
{
    auto *canvas = new QWidget(this);
    canvas->setProperty("role", QStringLiteral("canvas"));
    auto *mark = new QLabel(canvas);
    mark->setPixmap(QIcon(QStringLiteral(":/icons/postern.svg")).pixmap(QSize(MARK, MARK)));
    mark->setAccessibleName(tr("Postern"));

    auto *column = new QVBoxLayout(canvas);
    column->setContentsMargins(space::L, space::XL, space::L, space::XL);
    column->setSpacing(space::S);
    column->addStretch();
    column->addWidget(mark, 0, Qt::AlignHCenter);
    column->addWidget(textLabel(tr("Welcome to Postern"), "title", canvas), 0, Qt::AlignHCenter);
    column->addWidget(
        textLabel(tr("Send files straight from your computer to theirs."), "muted", canvas), 0,
        Qt::AlignHCenter);
    column->addSpacing(space::M);
    column->addWidget(makeCard(), 0, Qt::AlignHCenter);
    column->addStretch();

    auto *scroll = new QScrollArea(this);
    scroll->setWidget(canvas);
    scroll->setWidgetResizable(true);
    scroll->setFocusPolicy(Qt::NoFocus);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(scroll);
    setRegistering(true);
}

QWidget *WelcomePage::makeSegments()
{
    auto *segments = new QFrame(this);
    segments->setProperty("role", QStringLiteral("segments"));
    segments->setFixedHeight(SEGMENTS_HEIGHT);
    m_newAccount = textButton(tr("&New account"), "segment", segments);
    m_existing = textButton(tr("I &have one"), "segment", segments);
    auto *group = new QButtonGroup(segments);
    auto *layout = new QHBoxLayout(segments);
    layout->setContentsMargins(3, 3, 3, 3);
    layout->setSpacing(2);
    for (auto *button : {m_newAccount, m_existing}) {
        button->setCheckable(true);
        group->addButton(button);
        layout->addWidget(button, 1);
    }
    connect(m_newAccount, &QPushButton::clicked, this, [this] { setRegistering(true); });
    connect(m_existing, &QPushButton::clicked, this, [this] { setRegistering(false); });
    return segments;
}

void WelcomePage::makeFields()
{
    const QString labels[FIELDS] = {tr("&Server"), tr("N&ame"), tr("&Password"),
                                    tr("&Invite code (if you were given one)")};
    for (int field = 0; field < FIELDS; ++field) {
        m_inputs[field] =
            field == SecretField ? new PasswordField(m_theme, this) : new QLineEdit(this);
        m_inputs[field]->setMaxLength(LONGEST_INPUT);
        m_labels[field] = textLabel(labels[field], "", this);
        m_labels[field]->setBuddy(m_inputs[field]);
        m_complaints[field] = wrappedLabel({}, "error", this);
        m_complaints[field]->hide();
        auto name = labels[field];
        m_inputs[field]->setAccessibleName(name.remove(QLatin1Char('&')));
        connect(m_inputs[field], &QLineEdit::returnPressed, this, &WelcomePage::submit);
        connect(m_inputs[field], &QLineEdit::textEdited, this, &WelcomePage::clearComplaints);
    }
    m_inputs[ServerField]->setPlaceholderText(tr("host:port, as your server prints it"));
    m_inputs[NameField]->setPlaceholderText(tr("what others will call you"));
}

QWidget *WelcomePage::makeCard()
{
    auto *card = new QFrame(this);
    card->setProperty("role", QStringLiteral("card"));
    card->setFixedWidth(CARD_WIDTH);
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::XS);
    layout->addWidget(makeSegments());
    layout->addSpacing(space::S);
    makeFields();
    for (int field = 0; field < FIELDS; ++field) {
        layout->addSpacing(space::XS);
        layout->addWidget(m_labels[field]);
        layout->addWidget(m_inputs[field]);
        layout->addWidget(m_complaints[field]);
    }
    m_problem = wrappedLabel({}, "error", card);
    m_problem->hide();
    m_go = textButton({}, "primary", card);
    connect(m_go, &QPushButton::clicked, this, &WelcomePage::submit);
    layout->addSpacing(space::S);
    layout->addWidget(m_problem);
    layout->addSpacing(space::S);
    layout->addWidget(m_go);
    return card;
}

void WelcomePage::setRegistering(bool registering)
{
    m_registering = registering;
    m_newAccount->setChecked(registering);
    m_existing->setChecked(!registering);
    m_labels[InviteField]->setVisible(registering);
    m_inputs[InviteField]->setVisible(registering);
    clearComplaints();
    setBusy(m_busy);
}

void WelcomePage::setBusy(bool busy)
{
    m_busy = busy;
    if (m_registering)
        m_go->setText(busy ? tr("Creating your account…") : tr("&Create account"));
    else
        m_go->setText(busy ? tr("Signing in…") : tr("Sign &in"));
    m_go->setEnabled(!busy);
    m_newAccount->setEnabled(!busy);
    m_existing->setEnabled(!busy);
    for (auto *input : m_inputs)
        input->setEnabled(!busy);
}

void WelcomePage::prefill(const Account &account)
{
    m_inputs[ServerField]->setText(account.server);
    m_inputs[ServerField]->setCursorPosition(0); // the host is what people know it by
    m_inputs[NameField]->setText(account.user);
    if (!account.user.isEmpty())
        setRegistering(false);
}

void WelcomePage::submit()
{
    if (m_busy)
        return;
    clearComplaints();
    const Account account{m_inputs[ServerField]->text().trimmed(),
                          m_inputs[NameField]->text().trimmed()};
    const auto password = m_inputs[SecretField]->text();
    if (account.server.isEmpty())
        return complain(ServerField, tr("Enter the address of your server."));
    if (account.user.isEmpty())
        return complain(NameField, tr("Enter a name."));
    if (password.isEmpty())
        return complain(SecretField,
                        m_registering ? tr("Choose a password.") : tr("Enter your password."));
    setBusy(true);
    if (m_registering)
        emit registerWanted(account, password, m_inputs[InviteField]->text().trimmed());
    else
        emit signInWanted(account, password);
}

void WelcomePage::fail(const Error &error)
{
    setBusy(false);
    const auto sentence = visibleText(error.message);
    switch (error.code) {
    case ErrorCode::SignInRefused: return complain(SecretField, sentence);
    case ErrorCode::Unavailable:
    case ErrorCode::Timeout:
    case ErrorCode::Incompatible:
    case ErrorCode::ServerKeyChanged: return complain(ServerField, sentence);
    default: break;
    }
    m_problem->setText(sentence);
    m_problem->show();
    m_go->setFocus(Qt::OtherFocusReason);
}

void WelcomePage::succeed()
{
    setBusy(false);
    clearComplaints();
    m_inputs[SecretField]->clear();
    m_inputs[InviteField]->clear();
}

void WelcomePage::complain(Field field, const QString &sentence)
{
    m_complaints[field]->setText(sentence);
    m_complaints[field]->show();
    setInvalid(m_inputs[field], true);
    // A screen reader reads the description with the field that gets the focus.
    m_inputs[field]->setAccessibleDescription(sentence);
    m_inputs[field]->setFocus(Qt::OtherFocusReason);
}

void WelcomePage::clearComplaints()
{
    m_problem->hide();
    for (int field = 0; field < FIELDS; ++field) {
        m_complaints[field]->hide();
        m_inputs[field]->setAccessibleDescription({});
        setInvalid(m_inputs[field], false);
    }
}

} // namespace postern::gui
