#pragma once
// Someone wants to send something: who, what, how much, into where, and whether it fits; what
// is not wanted of it can be left out. Accept and Decline stay in sight whatever the names say.
// Closing the prompt decides nothing; the offer goes on waiting. Thread: GUI.

#include "core/engine_types.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QPushButton;
class QTreeView;

namespace postern::gui {

class ElidedLabel;
class MessageStrip;
class OfferTreeModel;
class Theme;

class AcceptPrompt : public QDialog {
    Q_OBJECT

public:
    AcceptPrompt(const Theme &theme, const OfferInfo &offer, QWidget *parent = nullptr);

    const OfferInfo &offer() const { return m_offer; }
    /// How many more offers stand behind this one.
    void setWaiting(int count);

    QPushButton *acceptButton() const { return m_accept; }
    QPushButton *declineButton() const { return m_decline; }
    QPushButton *treeButton() const { return m_showTree; }
    QTreeView *tree() const { return m_tree; }
    QCheckBox *alwaysBox() const { return m_always; }
    QString amount() const; ///< what would be taken, in words
    /// Goes on with another folder, after looking at it in the background.
    void setDestination(const QString &folder);

signals:
    /// `always`: and from now on everything of this contact, unasked.
    void acceptWanted(const postern::TransferId &id, const postern::AcceptTerms &terms,
                      bool always);
    void declineWanted(const postern::TransferId &id);

protected:
    void showEvent(QShowEvent *event) override;

private:
    QWidget *makeHead();
    QWidget *makeContent();
    QWidget *makeText();
    QWidget *makeDestination();
    QWidget *makeFoot();
    QString amountText() const;
    void makeTree();
    void toggleTree();
    void chooseFolder();
    void presentDestination(qint64 freeBytes, const std::optional<Error> &problem);
    std::optional<Error> problemNow() const;
    qint64 wantedBytes() const;
    void refresh();
    void accepted();
    void refreshAccept();

    const Theme &m_theme;
    OfferInfo m_offer;
    QString m_into;
    bool m_armed = false;
    bool m_checking = false;
    qint64 m_freeBytes = -1;
    std::optional<Error> m_folderProblem; ///< of the folder itself, whatever the size
    OfferTreeModel *m_entries = nullptr; ///< once the tree was looked at
    QTreeView *m_tree = nullptr;
    QPushButton *m_showTree = nullptr;
    ElidedLabel *m_folder = nullptr;
    QLabel *m_free = nullptr;
    QLabel *m_amount = nullptr;
    QCheckBox *m_always = nullptr;
    MessageStrip *m_problem = nullptr;
    QLabel *m_waiting = nullptr;
    QPushButton *m_accept = nullptr;
    QPushButton *m_decline = nullptr;
};

} // namespace postern::gui
