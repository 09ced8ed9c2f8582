#pragma once
// The whole tree of an offer, folders holding what lies in them, each to be ticked or left
// out. Built once, on demand, from at most OFFER_ENTRIES_SHOWN entries. Thread: GUI.

#include "core/engine_types.h"

#include <QAbstractItemModel>

namespace postern::gui {

class OfferTreeModel : public QAbstractItemModel {
    Q_OBJECT

public:
    enum Column { NameColumn, SizeColumn, COLUMNS };

    explicit OfferTreeModel(const QList<OfferEntry> &entries, QObject *parent = nullptr);

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &child) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Positions among the entries, as AcceptTerms has them: a folder stands for all in it.
    QList<int> leftOut() const;
    qint64 leftOutBytes() const;
    int leftOutFiles() const;
    /// Nothing at all is ticked.
    bool isEmpty() const { return m_nodes[0].tick == Qt::Unchecked; }

    void setIcons(const QVariant &file, const QVariant &folder);

signals:
    void ticksChanged();

private:
    struct Node {
        Node(QString itsName, bool isFolder, qint64 itsBytes)
            : name(std::move(itsName))
            , folder(isFolder)
            , bytes(itsBytes)
        {
        }

        QString name;
        bool folder;
        qint64 bytes;
        Qt::CheckState tick = Qt::Checked;
        int entry = -1; ///< its position among the entries; -1: only implied by what is in it
        int parent = -1; ///< index into m_nodes; the root is 0
        int row = 0;
        QList<int> children;
    };

    int nodeOf(const QModelIndex &index) const;
    int childFolder(int parent, const QString &name, QHash<QString, int> &known,
                    const QString &path);
    int append(int parent, Node node);
    void tickAll(int node, Qt::CheckState tick);
    void tickAbove(int node);
    QModelIndex indexOf(int node) const;

    QList<Node> m_nodes;
    QVariant m_fileIcon;
    QVariant m_folderIcon;
};

} // namespace postern::gui
