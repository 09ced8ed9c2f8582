#include "app/cli/interrupts.h"

#include "app/cli/exit_codes.h"
#include "app/cli/terminal_device.h"

#include <atomic>
#include <csignal>

#ifdef Q_OS_WIN
#include <windows.h>
#else
#include <QSocketNotifier>
#include <fcntl.h>
#include <unistd.h>
#endif

namespace postern::cli {

namespace {

std::atomic<int> g_interrupts{0};

} // namespace

#ifdef Q_OS_WIN
namespace {

std::atomic<Interrupts *> g_receiver{nullptr};

BOOL WINAPI onControl(DWORD)
{
    if (g_interrupts.fetch_add(1) > 0) {
        restoreEcho();
        ExitProcess(static_cast<UINT>(ExitCode::Interrupted));
    }
    if (auto *receiver = g_receiver.load())
        QMetaObject::invokeMethod(receiver, &Interrupts::interrupted, Qt::QueuedConnection);
    return TRUE;
}

} // namespace

struct Interrupts::Wake { };

Interrupts::Interrupts(QObject *parent)
    : QObject(parent)
{
    g_receiver = this;
    SetConsoleCtrlHandler(onControl, TRUE);
}

Interrupts::~Interrupts()
{
    SetConsoleCtrlHandler(onControl, FALSE);
    g_receiver = nullptr;
}
#else
namespace {

int g_wakeWriteEnd = -1;

// Only async-signal-safe calls (signal-safety(7)).
void onSignal(int)
{
    if (g_interrupts.fetch_add(1) > 0) {
        restoreEcho();
        _exit(static_cast<int>(ExitCode::Interrupted));
    }
    const char byte = 0;
    [[maybe_unused]] const auto written = ::write(g_wakeWriteEnd, &byte, 1);
}

/// Without SA_RESTART: a prompt that waits in read() is to be left.
void install(int number)
{
    struct sigaction before { };
    sigaction(number, nullptr, &before);
    if (before.sa_handler == SIG_IGN) // nohup, or a shell's background job
        return;
    struct sigaction action { };
    action.sa_handler = onSignal;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
}

} // namespace

struct Interrupts::Wake {
    int ends[2] = {-1, -1};
    std::unique_ptr<QSocketNotifier> notifier;
};

Interrupts::Interrupts(QObject *parent)
    : QObject(parent)
    , m_wake(std::make_unique<Wake>())
{
    std::signal(SIGPIPE, SIG_IGN);
    if (::pipe(m_wake->ends) != 0)
        return; // out of descriptors: the defaults stay, Ctrl+C ends the process at once
    for (const int end : m_wake->ends)
        fcntl(end, F_SETFD, FD_CLOEXEC);
    g_wakeWriteEnd = m_wake->ends[1];
    m_wake->notifier = std::make_unique<QSocketNotifier>(m_wake->ends[0], QSocketNotifier::Read);
    connect(m_wake->notifier.get(), &QSocketNotifier::activated, this, [this] {
        char byte = 0;
        if (::read(m_wake->ends[0], &byte, 1) == 1)
            emit interrupted();
    });
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        install(number);
}

Interrupts::~Interrupts()
{
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, SIG_DFL);
    m_wake->notifier.reset();
    for (const int end : m_wake->ends)
        if (end >= 0)
            ::close(end);
}
#endif

} // namespace postern::cli
