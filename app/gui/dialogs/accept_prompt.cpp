#include "app/gui/dialogs/accept_prompt.h"

#include "app/gui/desktop/destination_check.h"
#include "app/gui/models/offer_tree_model.h"
#include "app/gui/text/display_text.h"
#include "app/gui/theme/theme.h"
#include "app/gui/widgets/avatar.h"
#include "app/gui/widgets/buttons.h"
#include "app/gui/widgets/elided_label.h"
#include "app/gui/widgets/message_strip.h"
#include "app/gui/widgets/text_label.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QHeaderView>
#include <QPlainTextEdit>
#include <QSet>
#include <QTimer>
#include <QTreeView>
#include <QVBoxLayout>

namespace postern::gui {

namespace {

constexpr int WIDTH = 480;
constexpr int TREE_HEIGHT = 220;
constexpr int TEXT_HEIGHT = 140;
constexpr int AVATAR = 48;
/// A prompt that appears under a click must not take it for an answer.
constexpr std::chrono::milliseconds ARM_AFTER{500};

int topLevelNames(const OfferInfo &offer)
{
    QSet<QString> names;
    for (const auto &entry : offer.entries)
        names.insert(entry.path.section(QLatin1Char('/'), 0, 0, QString::SectionSkipEmpty));
    return static_cast<int>(names.size());
}

bool isFolder(const OfferInfo &offer)
{
    return !offer.entries.isEmpty()
        && (offer.entries.first().kind == EntryKind::Folder
            || offer.entries.first().path.contains(QLatin1Char('/')));
}

} // namespace

AcceptPrompt::AcceptPrompt(const Theme &theme, const OfferInfo &offer, QWidget *parent)
    : QDialog(parent)
    , m_theme(theme)
    , m_offer(offer)
{
    const bool text = !offer.text.isEmpty();
    setWindowTitle(text ? tr("A text for you") : tr("Files for you"));
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(space::L, space::L, space::L, space::L);
    layout->setSpacing(space::M);
    layout->addWidget(makeHead());
    layout->addWidget(text ? makeText() : makeContent());
    auto *destination = makeDestination();
    layout->addWidget(destination);
    destination->setVisible(!text);
    m_problem = new MessageStrip(theme, this);
    layout->addWidget(m_problem);
    m_always = new QCheckBox(this);
    m_always->setFixedWidth(WIDTH);
    m_always->setText(tr("Always accept from %1")
                          .arg(fitted(offer.contact, m_always->fontMetrics(), WIDTH / 2))
                          .replace(QLatin1Char('&'), QStringLiteral("&&")));
    layout->addWidget(m_always);
    layout->addStretch();
    layout->addWidget(makeFoot());
    layout->setSizeConstraint(QLayout::SetFixedSize); // grows and shrinks with the tree

    presentDestination(offer.freeBytes, offer.problem);
    if (m_showTree)
        m_showTree->setFocus();
    else
        m_decline->setFocus();
}

QWidget *AcceptPrompt::makeHead()
{
    auto *head = new QWidget(this);
    head->setFixedWidth(WIDTH);
    auto *name = new ElidedLabel(head);
    name->setText(m_offer.contact);
    name->setPixelSize(20);
    name->setBold(true);
    const bool text = !m_offer.text.isEmpty();
    auto *device = new ElidedLabel(head);
    device->setText(m_offer.device.isEmpty()
                        ? (text ? tr("wants to send you a text") : tr("wants to send you files"))
                        : (text ? tr("wants to send you a text from “%1”")
                                : tr("wants to send you files from “%1”"))
                              .arg(m_offer.device));
    device->setMuted(true);
    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(name);
    words->addWidget(device);
    auto *layout = new QHBoxLayout(head);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::M);
    layout->addWidget(new Avatar(m_theme, initials(m_offer.contact), AVATAR, head));
    layout->addLayout(words, 1);
    return head;
}

QWidget *AcceptPrompt::makeContent()
{
    auto *card = new QFrame(this);
    card->setProperty("role", QStringLiteral("card"));
    card->setFixedWidth(WIDTH);
    auto *icon = new QLabel(card);
    const auto picture = isFolder(m_offer)    ? QStringLiteral("folder")
        : m_offer.files + m_offer.folders > 1 ? QStringLiteral("files")
                                              : QStringLiteral("file");
    icon->setPixmap(m_theme.pixmap(picture, 32, m_theme.colors().accent, devicePixelRatioF()));
    auto *title = new ElidedLabel(card);
    title->setText(m_offer.title);
    title->setBold(true);

    m_showTree = textButton(tr("&Show everything"), "link", card);
    connect(m_showTree, &QPushButton::clicked, this, &AcceptPrompt::toggleTree);

    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(title);
    m_amount = textLabel(amountText(), "muted", card);
    words->addWidget(m_amount);
    auto *top = new QHBoxLayout;
    top->setSpacing(space::M);
    top->addWidget(icon);
    top->addLayout(words, 1);
    top->addWidget(m_showTree, 0, Qt::AlignVCenter);
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(space::M, space::M, space::M, space::M);
    layout->setSpacing(space::S);
    layout->addLayout(top);
    return card;
}

QWidget *AcceptPrompt::makeText()
{
    auto *text = new QPlainTextEdit(this);
    text->setPlainText(m_offer.text);
    text->setReadOnly(true);
    text->setTabChangesFocus(true);
    text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    text->setAccessibleName(tr("The text"));
    text->setFixedSize(WIDTH, TEXT_HEIGHT);
    return text;
}

QString AcceptPrompt::amount() const { return m_amount ? m_amount->text() : QString(); }

QString AcceptPrompt::amountText() const
{
    const auto dot = QStringLiteral(" · ");
    QStringList parts;
    if (m_entries && !m_entries->leftOut().isEmpty())
        return tr("%1 of %2")
                   .arg(fileCountText(m_offer.files - m_entries->leftOutFiles()),
                        fileCountText(m_offer.files))
            + dot + tr("%1 of %2").arg(byteText(wantedBytes()), byteText(m_offer.bytes));
    if (const int more = topLevelNames(m_offer) - 1; more > 0)
        parts << tr("and %n more", nullptr, more);
    if (m_offer.files != 1 || m_offer.folders > 0)
        parts << fileCountText(m_offer.files);
    if (m_offer.folders > 0)
        parts << folderCountText(m_offer.folders);
    parts << byteText(m_offer.bytes);
    return parts.join(dot);
}

QWidget *AcceptPrompt::makeDestination()
{
    auto *box = new QWidget(this);
    box->setFixedWidth(WIDTH);
    m_folder = new ElidedLabel(box);
    m_folder->setText(m_offer.destination);
    m_free = textLabel({}, "muted", box);
    auto *change = textButton(tr("C&hange…"), "", box);
    connect(change, &QPushButton::clicked, this, &AcceptPrompt::chooseFolder);

    auto *words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(textLabel(tr("Save into"), "muted", box));
    words->addWidget(m_folder);
    words->addWidget(m_free);
    auto *layout = new QHBoxLayout(box);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(space::M);
    layout->addLayout(words, 1);
    layout->addWidget(change, 0, Qt::AlignVCenter);
    return box;
}

QWidget *AcceptPrompt::makeFoot()
{
    auto *foot = new QWidget(this);
    m_waiting = textLabel({}, "muted", foot);
    m_decline = textButton(tr("&Decline"), "", foot);
    m_accept = textButton(tr("&Accept"), "primary", foot);
    auto *layout = new QHBoxLayout(foot);
    layout->setContentsMargins(0, space::S, 0, 0);
    layout->setSpacing(space::S);
    layout->addWidget(m_waiting, 1);
    layout->addWidget(m_decline);
    layout->addWidget(m_accept);
    connect(m_accept, &QPushButton::clicked, this, &AcceptPrompt::accepted);
    connect(m_decline, &QPushButton::clicked, this, [this] { emit declineWanted(m_offer.id); });
    return foot;
}

void AcceptPrompt::setWaiting(int count)
{
    m_waiting->setText(count > 0 ? tr("%n more offer(s) waiting", nullptr, count) : QString());
}

void AcceptPrompt::makeTree()
{
    m_entries = new OfferTreeModel(m_offer.entries, this);
    const auto &ink = m_theme.colors().muted;
    m_entries->setIcons(m_theme.icon(QStringLiteral("file"), ink),
                        m_theme.icon(QStringLiteral("folder"), ink));
    connect(m_entries, &OfferTreeModel::ticksChanged, this, &AcceptPrompt::refresh);
    m_tree = new QTreeView(this);
    m_tree->setProperty("role", QStringLiteral("boxed"));
    m_tree->setAccessibleName(tr("Everything in this offer; untick what you don't want"));
    m_tree->setModel(m_entries);
    m_tree->setUniformRowHeights(true);
    m_tree->setTextElideMode(Qt::ElideMiddle);
    m_tree->setTabKeyNavigation(false);
    m_tree->header()->setStretchLastSection(false);
    m_tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    m_tree->header()->setSectionResizeMode(1, QHeaderView::Fixed);
    m_tree->header()->resizeSection(1, 88);
    m_tree->setFixedSize(WIDTH, TREE_HEIGHT);
    if (m_entries->rowCount() == 1)
        m_tree->expand(m_entries->index(0, 0));
    m_tree->hide();
    qobject_cast<QVBoxLayout *>(layout())->insertWidget(2, m_tree);
    setTabOrder(m_showTree, m_tree);
}

void AcceptPrompt::toggleTree()
{
    if (!m_tree)
        makeTree();
    const bool shown = m_tree->isHidden();
    m_tree->setVisible(shown);
    m_showTree->setText(shown ? tr("&Show less") : tr("&Show everything"));
}

void AcceptPrompt::chooseFolder()
{
    auto *dialog = new QFileDialog(this, tr("Save into"), m_folder->text());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::Directory);
    connect(dialog, &QFileDialog::fileSelected, this, &AcceptPrompt::setDestination);
    dialog->open();
}

void AcceptPrompt::setDestination(const QString &folder)
{
    m_into = folder;
    m_folder->setText(folder);
    m_free->setText(tr("Looking at the folder…"));
    m_checking = true;
    refreshAccept();
    // Whether it fits is reckoned here, as it changes with what is left out.
    checkDestination(folder, 0, this, [this, folder](const Destination &destination) {
        if (folder != m_into)
            return; // another was chosen meanwhile
        m_checking = false;
        presentDestination(destination.freeBytes, destination.problem);
    });
}

void AcceptPrompt::presentDestination(qint64 freeBytes, const std::optional<Error> &problem)
{
    m_freeBytes = freeBytes;
    m_folderProblem = problem;
    refresh();
}

qint64 AcceptPrompt::wantedBytes() const
{
    return m_offer.bytes - (m_entries ? m_entries->leftOutBytes() : 0);
}

std::optional<Error> AcceptPrompt::problemNow() const
{
    const bool less = m_entries && !m_entries->leftOut().isEmpty();
    // The engine's own word on the disk is about the whole offer.
    if (m_folderProblem && !(less && m_folderProblem->code == ErrorCode::DiskFull))
        return m_folderProblem;
    if (m_freeBytes >= 0 && m_freeBytes < wantedBytes())
        return Error{ErrorCode::DiskFull,
                     tr("%1 are missing on this disk. Free some space, choose another folder or "
                        "leave something out.")
                         .arg(byteText(wantedBytes() - m_freeBytes))};
    return std::nullopt;
}

void AcceptPrompt::refresh()
{
    if (m_amount)
        m_amount->setText(amountText());
    m_free->setText(m_freeBytes < 0 ? QString() : tr("%1 free there").arg(byteText(m_freeBytes)));
    if (const auto problem = problemNow())
        m_problem->say(MessageStrip::Kind::Danger, visibleText(problem->message));
    else
        m_problem->hide();
    m_problem->setClosable(false);
    refreshAccept();
}

void AcceptPrompt::refreshAccept()
{
    const bool any = !m_entries || !m_entries->isEmpty();
    m_accept->setEnabled(m_armed && !m_checking && any && !problemNow());
}

void AcceptPrompt::accepted()
{
    emit acceptWanted(m_offer.id,
                      AcceptTerms{m_into, m_entries ? m_entries->leftOut() : QList<int>()},
                      m_always->isChecked());
}

void AcceptPrompt::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    QTimer::singleShot(ARM_AFTER, this, [this] {
        m_armed = true;
        refreshAccept();
    });
}

} // namespace postern::gui
