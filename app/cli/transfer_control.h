#pragma once
// Steers the transfers of a running send or receive: by lines on standard input (--control), or
// by single keys on a terminal. Thread: main thread only.

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/control_line.h"
#include "core/engine.h"

namespace postern::cli {

class TransferControl : public QObject {
    Q_OBJECT

public:
    /// Whether a transfer belongs to this run.
    using IsOurs = std::function<bool(const TransferId &)>;
    /// An offer was decided on; no terms: declined.
    using Decided = std::function<void(const TransferId &, const std::optional<AcceptTerms> &)>;

    TransferControl(Engine &engine, Console &console, const RunArguments &arguments, IsOurs isOurs,
                    Decided decided = {});
    ~TransferControl() override;

    /// Signed in: limits are set, lines are read.
    void start();
    /// Keys are read while something runs.
    void setRunning(bool running);
    /// An offer that a line decides on.
    void addOffer(const OfferInfo &offer);
    void withdraw(const TransferId &id);

private:
    void lineTyped(const std::optional<QString> &line);
    void keyPressed(QChar key);
    Result<QList<TransferId>> carryOut(const ControlLine &line);
    Result<QList<TransferId>> steer(const ControlLine &line);
    Result<void> accept(const OfferInfo &offer, const ControlLine &line);
    void settle(const TransferId &id, const std::optional<AcceptTerms> &terms);
    Result<QList<TransferInfo>> meant(const ControlLine &line) const;
    Result<OfferInfo> offerMeant(const ControlLine &line) const;
    void answer(const ControlLine &line, const QList<TransferId> &transfers);
    void refuse(const Error &error);
    void list();

    Engine &m_engine;
    Console &m_console;
    RunArguments m_arguments;
    IsOurs m_isOurs;
    Decided m_decided;
    QList<OfferInfo> m_offers;
    bool m_inputEnded = false;
    bool m_readsKeys = false;
    bool m_keysTold = false;
};

} // namespace postern::cli
