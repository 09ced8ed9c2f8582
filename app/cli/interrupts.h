#pragma once
// Ctrl+C and its kin as a signal of the event loop. The first asks the command to end; the
// second ends the process at once. Thread: main thread; one instance at a time.

#include <QObject>

#include <memory>

namespace postern::cli {

class Interrupts : public QObject {
    Q_OBJECT

public:
    explicit Interrupts(QObject *parent = nullptr);
    ~Interrupts() override;

signals:
    void interrupted();

private:
    struct Wake;
    std::unique_ptr<Wake> m_wake;
};

} // namespace postern::cli
