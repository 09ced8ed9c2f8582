#include "tests/support/crash_scene.h"

#include "core/transfer/hash_notes.h"

#include <algorithm>
#include <numeric>

namespace postern::test {

namespace {

const char *const SOURCE = "/src";
const char *const DESTINATION = "/into";
const char *const PROFILE = "/profile";
const QByteArray PART_PREFIX = ".postern-part-";
const DeviceId SENDER = *DeviceId::fromBytes(viewOf(QByteArray(32, 'a')));
const DeviceId RECEIVER = *DeviceId::fromBytes(viewOf(QByteArray(32, 'b')));

qint64 bytesRead(const MemoryNode &node)
{
    return std::accumulate(
        node.children.begin(), node.children.end(), node.bytesRead,
        [](qint64 sum, const auto &child) { return sum + bytesRead(*child.second); });
}

} // namespace

CrashScene::Life::Life(std::uint64_t seed, std::shared_ptr<FileSystem> files)
    : executor(seed)
    , side(std::move(files), executor, PROFILE)
{
    side.endsWithChannel = false;
}

CrashScene::CrashScene(std::uint64_t seed)
    : random(seed)
{
    for (const Side side : {Side::Sender, Side::Receiver}) {
        (void)disk(side).folder(PROFILE);
        disk(side).fault = [&fault = fault(side)](const char *operation) -> std::optional<Error> {
            fault.stopped = fault.stopped || ++fault.operations == fault.stopsAt;
            if (fault.stopped)
                return Error{ErrorCode::Internal, QStringLiteral("nobody is there any more")};
            if (fault.operations != fault.failsAt)
                return std::nullopt;
            fault.failed = operation;
            return Error{fault.failure, QStringLiteral("the disk says no")};
        };
    }
    (void)into->folder(DESTINATION);
    line.deviceA = SENDER;
    line.deviceB = RECEIVER;
}

CrashScene::~CrashScene()
{
    kill(Side::Sender);
    kill(Side::Receiver);
}

void CrashScene::begin()
{
    const MemoryNode &source = from->folder(SOURCE);
    for (const auto &[name, node] : source.children)
        m_roots.append(name);
    m_offered = from->tree(source);
    from->syncAll();
    into->syncAll();
    m_before = into->tree(into->folder(DESTINATION));
}

// --- lives -------------------------------------------------------------------------------

/// As SendBook does: the ticket is there before anything is offered.
bool CrashScene::startSender()
{
    fault(Side::Sender).stopped = false;
    const std::atomic<bool> cancelled = false;
    QStringList paths;
    for (const QByteArray &root : m_roots)
        paths.append(QString::fromLatin1(SOURCE) + u'/' + QString::fromUtf8(root));
    const auto source = scanSource(*from, paths, cancelled);
    if (!source)
        return false;
    m_source = *source;
    const JournalHome home{from, PROFILE};
    SendTicket ticket;
    ticket.transfer = *TransferId::fromBytes(viewOf(QByteArray(8, 't') + QByteArray(8, '0')));
    for (const SendTicket &kept : readTickets(home))
        if (kept.list == m_source->listHash)
            ticket = kept;
    if (!ticket.list.isEmpty()) {
        ++ticket.lives;
    } else { // nobody remembers one: this is another transfer
        ticket.transfer = *TransferId::fromBytes(
            viewOf(QByteArray(8, 't') + QByteArray::number(++m_number).rightJustified(8, '0')));
        ticket.list = m_source->listHash;
    }
    (void)keepTicket(home, ticket).ok();
    if (fault(Side::Sender).stopped)
        return false;
    m_id = ticket.transfer;
    OutgoingOptions options;
    options.journals = PROFILE;
    if (ticket.lives > 0)
        options.attachmentsBefore = ticket.lives * ATTACHMENTS_A_LIFE;
    auto &sender = life(Side::Sender);
    sender = std::make_unique<Life>(random(), from);
    sender->side.send(m_source, options, m_id);
    return true;
}

void CrashScene::startReceiver()
{
    fault(Side::Receiver).stopped = false;
    auto &receiver = life(Side::Receiver);
    receiver = std::make_unique<Life>(random(), into);
    receiver->side.onOffer = [](Incoming &offer) { offer.accept(DESTINATION); };
}

bool CrashScene::start()
{
    if (!life(Side::Receiver))
        startReceiver();
    if (!life(Side::Sender) && !startSender())
        return false;
    connect();
    return true;
}

void CrashScene::connect()
{
    disconnect();
    m_channel = std::make_unique<LoopbackPair>(line);
    life(Side::Receiver)->side.link->attach(m_channel->b());
    life(Side::Sender)->side.link->attach(m_channel->a());
}

void CrashScene::disconnect()
{
    if (!m_channel)
        return;
    m_channel->cut({ErrorCode::Disconnected, QStringLiteral("gone")});
    m_channel->pump();
}

void CrashScene::kill(Side side)
{
    fault(side).stopped = true;
    fault(side).stopsAt = 0;
    disconnect();
    auto &one = life(side);
    if (one) {
        one->side.incoming.clear();
        one->side.outgoing.clear();
        one->side.link.reset();
    }
    one.reset();
}

void CrashScene::losePower(Side side, MemoryFileSystem::Names names, bool torn)
{
    m_lostPower[static_cast<std::size_t>(side)] = true;
    if (torn)
        disk(side).powerLoss(names, random);
    else
        disk(side).powerLoss(names);
}

bool CrashScene::step()
{
    auto &first = life(oneIn(2) ? Side::Sender : Side::Receiver);
    auto &second = life(&first == &m_lives[0] ? Side::Receiver : Side::Sender);
    return (oneIn(2) && m_channel->pump(1)) || first->executor.step() || second->executor.step()
        || m_channel->pump(1);
}

void CrashScene::run()
{
    for (int i = 0; i < 1'000'000 && !anyStopped(); ++i)
        if (!step() && !life(Side::Sender)->executor.skipToTimer()
            && !life(Side::Receiver)->executor.skipToTimer())
            break;
}

TransferSnapshot CrashScene::sent() const
{
    const auto &sender = m_lives[0];
    return sender && !sender->side.outgoing.empty() ? sender->side.outgoing.back()->snapshot()
                                                    : TransferSnapshot();
}

void CrashScene::sendAnew()
{
    kill(Side::Sender);
    dropTicket({from, PROFILE}, m_id); // the disk was stopped with its process
    fault(Side::Sender).stopped = false;
    dropTicket({from, PROFILE}, m_id);
}

// --- what came of it -----------------------------------------------------------------------

QList<std::pair<QByteArray, QByteArray>> CrashScene::arrived() const
{
    QList<std::pair<QByteArray, QByteArray>> found;
    for (const auto &[name, node] : into->folder(DESTINATION).children) {
        if (m_before.contains(name) || m_before.contains(name + '/')
            || name.startsWith(PART_PREFIX))
            continue;
        QByteArray root = name;
        if (const auto at = root.lastIndexOf(" ("); at > 0 && root.endsWith(')'))
            root.truncate(at);
        found.append({m_roots.contains(root) ? root : QByteArray(), name});
    }
    return found;
}

QString CrashScene::judgeItem(const QByteArray &root, const QByteArray &name, Items items) const
{
    const MemoryNode &node = *into->folder(DESTINATION).children.at(name);
    MemoryTree got;
    if (node.kind == FileKind::File) {
        got[root] = node.bytes;
    } else {
        got[root + '/'] = {};
        for (const auto &[path, bytes] : into->tree(node))
            got[root + '/' + path] = bytes;
    }
    for (const auto &[path, bytes] : got)
        if (!m_offered.contains(path) || m_offered.at(path) != bytes)
            return "torn or foreign: " + path;
    for (const auto &[path, bytes] : m_offered)
        if ((path == root || path.startsWith(root + '/')) && !got.contains(path)
            && items == Items::Whole)
            return "not whole: " + path;
    return {};
}

QString CrashScene::judge(Items items) const
{
    const MemoryTree now = into->tree(into->folder(DESTINATION));
    for (const auto &[path, bytes] : m_before)
        if (!now.contains(path) || now.at(path) != bytes)
            return "touched what was there before: " + path;
    for (const auto &[root, name] : arrived()) {
        if (root.isEmpty())
            return "a name nobody sent: " + name;
        if (const QString wrong = judgeItem(root, name, items); !wrong.isEmpty())
            return wrong;
    }
    return {};
}

QString CrashScene::judgeDelivered(Items items) const
{
    if (const QString wrong = judge(items); !wrong.isEmpty())
        return wrong;
    QByteArrayList there;
    for (const auto &[root, name] : arrived()) {
        if (there.contains(root))
            return "there twice: " + name;
        there.append(root);
    }
    for (const QByteArray &root : m_roots)
        if (!there.contains(root) && items == Items::Whole)
            return "lost: " + root;
    return {};
}

QString CrashScene::judgeThere() const
{
    QByteArrayList whole;
    for (const auto &[root, name] : arrived())
        if (judgeItem(root, name, Items::Whole).isEmpty())
            whole.append(root);
    for (const QByteArray &root : m_roots)
        if (!whole.contains(root))
            return "lost: " + root;
    return judge(Items::Lacking);
}

bool CrashScene::isPartLeft() const
{
    const auto &children = into->folder(DESTINATION).children;
    return std::any_of(children.begin(), children.end(),
                       [](const auto &child) { return child.first.startsWith(PART_PREFIX); });
}

qint64 CrashScene::bytesReadAgain() const { return bytesRead(into->folder(DESTINATION)); }

QString CrashScene::judgeNotes(MemoryFileSystem &disk, const QByteArray &beside, bool all) const
{
    const Manifest &manifest = m_source->manifest;
    auto &profile = disk.folder(PROFILE).children;
    const auto found = profile.find(HASH_NOTES_PREFIX + beside);
    const QByteArray notes = found == profile.end() ? QByteArray() : found->second->bytes;
    for (Manifest::Index entry = 0; entry < manifest.count(); ++entry) {
        if (!manifest.isFile(entry))
            continue;
        const QByteArray noted =
            notes.mid(qsizetype{entry} * HashNotes::HASH_BYTES, HashNotes::HASH_BYTES);
        FileHash hash;
        hash.add(viewOf(m_offered.at(manifest.path(entry).toUtf8())));
        const bool isKnown = noted.count('\0') < noted.size();
        if (isKnown ? noted != toByteArray(hash.end()) : all)
            return beside.first(3) + ": the hash of " + manifest.path(entry);
    }
    return {};
}

QString CrashScene::judgeHashes() const
{
    const QString wrong = judgeNotes(*from, sendTicketName(m_id), !m_lostPower[0]);
    return wrong.isEmpty() ? judgeNotes(*into, receiveJournalName(SENDER, m_id), !m_lostPower[1])
                           : wrong;
}

} // namespace postern::test
