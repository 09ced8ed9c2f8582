#pragma once
// One contact's share of a send: waits until the contact is there, hands the request to the
// engine, and follows the transfer to its end. Thread: main thread only.
//
//   looking for the contact -> sent -> ended
//           |                            ^
//           +-- not there, no --wait ----+

#include "app/cli/exit_codes.h"
#include "app/cli/transfer_reporter.h"
#include "core/engine.h"

#include <QTimer>

namespace postern::cli {

class Delivery : public QObject {
    Q_OBJECT

public:
    /// `request` names the contact as it was typed; `device` its device, empty for any.
    Delivery(Engine &engine, TransferReporter &reporter, SendRequest request, QString device);

    void start(); ///< signed in
    void cancel(); ///< ended() comes once the other side was told
    void update(const TransferInfo &transfer); ///< of whatever transfer

    QString contact() const { return m_request.contact; }
    std::optional<TransferId> transfer() const { return m_transfer; }
    bool isOver() const { return m_code.has_value(); }
    ExitCode code() const { return m_code.value_or(ExitCode::Failed); }

    /// A contact that came online this very moment is shown within a second of it; twice
    /// that, and it is offline.
    static constexpr auto PRESENCE_PATIENCE = 2s;

signals:
    void failed(const postern::Error &error); ///< it never came to a transfer; ended() follows
    void ended();

private:
    /// What is in the way of sending, if anything is.
    Result<void> prepare();
    void sendIfPossible();
    void contactIsNotThere();
    void end(ExitCode code);

    Engine &m_engine;
    TransferReporter &m_reporter;
    SendRequest m_request;
    QString m_device;
    TransferStory m_story;
    std::optional<TransferId> m_transfer;
    std::optional<ExitCode> m_code;
    QTimer m_presence;
    bool m_looking = false;
};

} // namespace postern::cli
