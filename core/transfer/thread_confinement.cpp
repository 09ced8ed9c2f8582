#include "core/transfer/thread_confinement.h"

#include "core/base/log.h"

#ifdef Q_OS_LINUX

#include <QFile>

#include <cstdint>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace postern {

namespace {

// The kernel's interface (include/uapi/linux/landlock.h), which older headers lack. The numbers
// of the calls are the same on every architecture.
constexpr long CREATE_RULESET = 444;
constexpr long ADD_RULE = 445;
constexpr long RESTRICT_SELF = 446;
constexpr std::uint32_t ASK_VERSION = 1;
constexpr int PATH_BENEATH = 1;

struct RulesetAttributes {
    std::uint64_t files;
    std::uint64_t network;
};
struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed;
    std::int32_t folder;
};

constexpr std::uint64_t EXECUTE = 1 << 0;
constexpr std::uint64_t MAKE_CHAR = 1 << 6;
constexpr std::uint64_t MAKE_SOCKET = 1 << 9;
constexpr std::uint64_t MAKE_FIFO = 1 << 10;
constexpr std::uint64_t MAKE_BLOCK = 1 << 11;
constexpr std::uint64_t OF_VERSION_2 = (1 << 14) - 1; ///< with moves between folders
constexpr std::uint64_t TRUNCATE = 1 << 14; ///< version 3
constexpr std::uint64_t DEVICE_CONTROL = 1 << 15; ///< version 5
constexpr std::uint64_t BIND_AND_CONNECT_TCP = 3; ///< version 4
/// Version 1 can't allow a move from one folder to another, which is how items get their names.
constexpr long LEAST_VERSION = 2;

bool addFolder(int ruleset, const QString &path, std::uint64_t allowed)
{
    const int folder = ::open(QFile::encodeName(path).constData(), O_PATH | O_CLOEXEC);
    if (folder < 0)
        return false;
    const PathBeneath rule{allowed, folder};
    const bool added = ::syscall(ADD_RULE, ruleset, PATH_BENEATH, &rule, 0) == 0;
    ::close(folder);
    return added;
}

} // namespace

bool confineThread(const QStringList &folders)
{
    const long version = ::syscall(CREATE_RULESET, nullptr, 0, ASK_VERSION);
    if (version < LEAST_VERSION)
        return false;
    RulesetAttributes rights{OF_VERSION_2, 0};
    if (version >= 3)
        rights.files |= TRUNCATE;
    if (version >= 5)
        rights.files |= DEVICE_CONTROL;
    std::size_t size = sizeof rights.files;
    if (version >= 4) {
        rights.network = BIND_AND_CONNECT_TCP;
        size = sizeof rights;
    }
    const int ruleset = static_cast<int>(::syscall(CREATE_RULESET, &rights, size, 0));
    if (ruleset < 0)
        return false;
    const std::uint64_t allowed = rights.files
        & ~(EXECUTE | MAKE_CHAR | MAKE_SOCKET | MAKE_FIFO | MAKE_BLOCK | DEVICE_CONTROL);
    bool confined = true;
    for (const QString &folder : folders)
        confined = confined && addFolder(ruleset, folder, allowed);
    // Both calls are about this thread only.
    confined = confined && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        && ::syscall(RESTRICT_SELF, ruleset, 0) == 0;
    ::close(ruleset);
    return confined;
}

} // namespace postern

#else

namespace postern {

bool confineThread(const QStringList &) { return false; }

} // namespace postern

#endif
