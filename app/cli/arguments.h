#pragma once
// What was asked for on the command line, checked and typed. Values; any thread.

#include "core/engine_types.h"

#include <variant>

namespace postern::cli {

struct RegisterArguments {
    Account account;
    QString passwordFile; ///< empty: ask
    QString invite;
};

struct SignInArguments {
    Account account;
    QString passwordFile; ///< empty: ask
};

enum class ContactsAction { Add, Accept, Remove, List, Verify, Rule };

/// What `contacts rule` changes; what is empty stays as it was.
struct RuleChange {
    std::optional<ContactRule::Take> take;
    std::optional<qint64> belowBytes;
    std::optional<QString> into;
    bool clear = false; ///< back to no rule
    bool changesNothing() const { return !take && !belowBytes && !into && !clear; }
};

struct ContactsArguments {
    ContactsAction action = ContactsAction::List;
    QString name; ///< of all but List
    bool json = false;
    bool yes = false; ///< Verify: the numbers were compared already
    RuleChange rule{}; ///< Rule
};

struct PeersArguments {
    bool json = false;
};

/// How a running command is steered and shown; send and receive have it in common.
struct RunArguments {
    bool json = false;
    bool control = false; ///< commands come on standard input
    RateLimits limits{};
};

struct ReceiveArguments {
    ReceiveOptions options;
    int count = 0; ///< 0: until interrupted
    RunArguments run{};
};

struct SendArguments {
    SendRequest request; ///< without contact and device
    QStringList contacts; ///< empty: one's own devices
    QString device; ///< by name or the start of its id; empty: any
    QString textFile; ///< the text is in it; "-": on standard input
    RunArguments run{};
    QString queued{}; ///< instead of all that: a number of the queue, or its first digits
};

struct NetworkArguments {
    bool json = false;
    bool thorough = false; ///< wait for all that can be measured
};

enum class HistoryAction { List, Files, Export, Clear };

struct HistoryArguments {
    HistoryAction action = HistoryAction::List;
    HistoryQuery query{}; ///< List
    qint64 key = 0; ///< Files and Clear; 0: all
    QString file; ///< Export
    bool json = false;
};

enum class QueueAction { List, Move, Cancel }; ///< its retry is a send

struct QueueArguments {
    QueueAction action = QueueAction::List;
    QString number; ///< of all but List: its first digits
    int place = 0; ///< Move
    bool json = false;
};

struct HashArguments {
    QStringList paths;
    bool json = false;
};

using CommandArguments =
    std::variant<RegisterArguments, SignInArguments, ContactsArguments, PeersArguments,
                 ReceiveArguments, SendArguments, NetworkArguments, HistoryArguments, HashArguments,
                 QueueArguments>;

struct Invocation {
    EngineOptions engine;
    CommandArguments command;
};

} // namespace postern::cli
