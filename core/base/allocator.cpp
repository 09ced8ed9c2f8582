#include "core/base/allocator.h"

#include <QtGlobal>

#ifdef Q_OS_LINUX
#include <cstdlib> // tells whether it is glibc
#endif

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace postern {

void keepFreedBlocks()
{
#ifdef __GLIBC__
    constexpr int LARGER_THAN_A_BLOCK = 4 * 1024 * 1024;
    constexpr int LARGER_THAN_ALL_QUEUES = 64 * 1024 * 1024;
    ::mallopt(M_MMAP_THRESHOLD, LARGER_THAN_A_BLOCK);
    ::mallopt(M_TRIM_THRESHOLD, LARGER_THAN_ALL_QUEUES);
#endif
}

void giveBackFreedBlocks()
{
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

} // namespace postern
