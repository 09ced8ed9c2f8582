#pragma once
// What is the matter with the desktop's keychain? QtKeychain tells a locked, a missing and an
// empty one hardly apart ("not found", "unknown error"), so on Linux and BSD we ask D-Bus
// ourselves. It only looks: no prompt is ever raised by this. Thread: one with an event loop.
// Source: freedesktop.org Secret Service API 0.2.

#include <QObject>

#include <chrono>
#include <functional>

namespace postern {

enum class SecretServiceState {
    Unknown, ///< another kind of keychain (macOS, Windows, KWallet), or built without D-Bus
    NoBus, ///< no session bus, as in a bare ssh login
    Missing, ///< nothing provides the service, or it can't be started
    Silent, ///< it did not answer in time
    Locked,
    Ready,
};

/// Answers once, within about three times `patience`, unless `context` goes first.
void askSecretService(QObject *context, std::chrono::milliseconds patience,
                      std::function<void(SecretServiceState)> done);

} // namespace postern
