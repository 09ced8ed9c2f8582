#pragma once
// Completion scripts, made from the parser itself so that they can't fall behind it. Values.

#include <QString>

#include <optional>

namespace CLI {
class App;
}

namespace postern::cli {

/// `shell` is "bash", "zsh" or "fish"; std::nullopt for any other.
std::optional<QString> completionScript(const CLI::App &app, const QString &shell);

} // namespace postern::cli
