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

enum class ContactsAction { Add, Accept, Remove, List, Verify };

struct ContactsArguments {
    ContactsAction action = ContactsAction::List;
    QString name; ///< of all but List
    bool json = false;
    bool yes = false; ///< Verify: the numbers were compared already
};

struct PeersArguments {
    bool json = false;
};

struct ReceiveArguments {
    ReceiveOptions options;
    int count = 0; ///< 0: until interrupted
    bool json = false;
};

struct SendArguments {
    SendRequest request;
    bool json = false;
};

struct NetworkArguments {
    bool json = false;
    bool thorough = false; ///< wait for all that can be measured
};

using CommandArguments =
    std::variant<RegisterArguments, SignInArguments, ContactsArguments, PeersArguments,
                 ReceiveArguments, SendArguments, NetworkArguments>;

struct Invocation {
    EngineOptions engine;
    CommandArguments command;
};

} // namespace postern::cli
