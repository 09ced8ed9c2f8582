#pragma once
// Two people, one transfer, and disks that stop or fail at any operation. A life is a process from
// its start to its end; what it left on its disk is all that the next one knows. The sender
// remembers its ticket, the receiver its journal, as the programs do.

#include "core/transfer/send_ticket.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/transfer_pair.h"

#include <random>

namespace postern::test {

enum class Side { Sender, Receiver };

/// What happens at one operation of a disk.
struct DiskFault {
    std::uint64_t operations = 0; ///< so far
    std::uint64_t stopsAt = 0; ///< the process ends there; 0: it does not
    std::uint64_t failsAt = 0; ///< that one operation fails
    ErrorCode failure = ErrorCode::Internal;
    QByteArray failed; ///< which operation that was
    bool stopped = false; ///< nothing is done any more
};

class CrashScene {
public:
    explicit CrashScene(std::uint64_t seed);
    ~CrashScene();

    std::mt19937_64 random;
    bool oneIn(int n) { return random() % static_cast<std::uint64_t>(n) == 0; }

    // --- before it begins ----------------------------------------------------------------
    std::shared_ptr<MemoryFileSystem> from = std::make_shared<MemoryFileSystem>();
    std::shared_ptr<MemoryFileSystem> into = std::make_shared<MemoryFileSystem>();
    LoopbackOptions line;
    /// What lies in /src and /into now is what is sent, and what was there before.
    void begin();

    // --- lives ---------------------------------------------------------------------------
    DiskFault &fault(Side side) { return m_faults[static_cast<std::size_t>(side)]; }
    MemoryFileSystem &disk(Side side) { return side == Side::Sender ? *from : *into; }
    /// Starts who is not alive, and connects them. False if one stopped, or nothing can be sent.
    bool start();
    /// Nothing it still had in mind is done.
    void kill(Side side);
    bool step();
    /// Until nothing moves, or a disk stopped.
    void run();
    bool anyStopped() const { return m_faults[0].stopped || m_faults[1].stopped; }

    TransferSnapshot sent() const; ///< as the sender has it; Waiting without one
    /// A new transfer of the same, as a person would send it again.
    void sendAnew();

    // --- what came of it -----------------------------------------------------------------
    enum class Items { Whole, Lacking }; ///< Lacking: files that could not be read may miss
    /// What is wrong at any time; empty if nothing.
    QString judge(Items items = Items::Whole) const;
    /// What is wrong once all was delivered: an item that is not there, or there twice.
    QString judgeDelivered(Items items = Items::Whole) const;
    /// The same after failures that a person answered by sending again: whole, once or more.
    QString judgeThere() const;
    /// Of both sides: never a wrong one, and of who never lost power every one.
    QString judgeHashes() const;
    void losePower(Side side, MemoryFileSystem::Names names, bool torn);
    qint64 bytesReadAgain() const; ///< of what had arrived
    bool isPartLeft() const;

private:
    struct Life {
        Life(std::uint64_t seed, std::shared_ptr<FileSystem> files);
        SteppedExecutor executor;
        TransferSide side;
    };

    std::unique_ptr<Life> &life(Side side) { return m_lives[static_cast<std::size_t>(side)]; }
    bool startSender();
    void startReceiver();
    void connect();
    void disconnect();
    QString judgeItem(const QByteArray &root, const QByteArray &name, Items items) const;
    QString judgeNotes(MemoryFileSystem &disk, const QByteArray &beside, bool all) const;
    QList<std::pair<QByteArray, QByteArray>> arrived() const; ///< root, and the name it has

    DiskFault m_faults[2];
    std::unique_ptr<LoopbackPair> m_channel;
    std::unique_ptr<Life> m_lives[2];
    QByteArrayList m_roots;
    MemoryTree m_offered;
    MemoryTree m_before;
    std::shared_ptr<const Source> m_source;
    TransferId m_id;
    bool m_lostPower[2] = {};
    std::uint64_t m_number = 0; ///< of transfers so far
};

} // namespace postern::test
