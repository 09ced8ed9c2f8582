#include "app/cli/completion.h"

#include <CLI/CLI.hpp>

#include <QStringList>

namespace postern::cli {

namespace {

struct Choice {
    QString word; ///< "--path" or "send"
    QString description;
    QStringList values; ///< what may follow an option, where that is a few words
    bool takesValue = false;
};

/// A command and what may follow it: "" (the program), "send", "contacts list", ...
struct Node {
    QString path;
    QList<Choice> options;
    QList<Choice> commands;
    QStringList values; ///< of a positional argument that is one of a few words
    bool takesFiles = false;
};

/// Type names like "auto|lan|tcp" name all values there are.
QStringList valuesOf(const CLI::Option &option)
{
    const auto type = QString::fromStdString(option.get_type_name());
    return type.contains(u'|') ? type.split(u'|') : QStringList();
}

void collect(const CLI::App &app, const QString &path, QList<Node> &nodes)
{
    Node node;
    node.path = path;
    for (const auto *option : app.get_options()) {
        if (option->get_positional()) {
            node.values << valuesOf(*option);
            node.takesFiles |= option->get_type_name() == "PATH";
            continue;
        }
        const auto word = QStringLiteral("--")
            + QString::fromStdString(option->get_lnames().empty() ? std::string()
                                                                  : option->get_lnames().front());
        node.options << Choice{word, QString::fromStdString(option->get_description()),
                               valuesOf(*option), option->get_items_expected_max() > 0};
    }
    const auto commands = app.get_subcommands([](const CLI::App *) { return true; });
    for (const auto *command : commands)
        node.commands << Choice{QString::fromStdString(command->get_name()),
                                QString::fromStdString(command->get_description()),
                                {},
                                false};
    nodes << node;
    for (const auto *command : commands)
        collect(*command, (path + u' ' + QString::fromStdString(command->get_name())).trimmed(),
                nodes);
}

QStringList words(const QList<Choice> &choices)
{
    QStringList list;
    for (const auto &choice : choices)
        list << choice.word;
    return list;
}

/// "prefix) reply" lines for every option with known values.
QString valueCases(const QList<Node> &nodes, const QString &pattern)
{
    QString cases;
    QStringList seen;
    for (const auto &node : nodes) {
        for (const auto &option : node.options) {
            if (!option.takesValue || seen.contains(option.word))
                continue;
            seen << option.word;
            cases += pattern.arg(option.word, option.values.join(u' '));
        }
    }
    return cases;
}

QString wordCases(const QList<Node> &nodes, const QString &pattern)
{
    QString cases;
    for (const auto &node : nodes)
        cases += pattern.arg(node.path,
                             (words(node.commands) + node.values + words(node.options)
                              + words(nodes.first().options))
                                 .join(u' '));
    return cases;
}

/// The part that bash and zsh (through bashcompinit) share.
QString bashFunction(const QList<Node> &nodes)
{
    QStringList commandWords;
    for (const auto &node : nodes)
        commandWords << words(node.commands);
    commandWords.removeDuplicates();
    return QStringLiteral("_postern_cli() {\n"
                          "    local current=\"${COMP_WORDS[COMP_CWORD]}\"\n"
                          "    local previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
                          "    local path=\"\" words=\"\" i\n"
                          "    case \"$previous\" in\n"
                          "%1"
                          "    esac\n"
                          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
                          "        case \"${COMP_WORDS[i]}\" in\n"
                          "            %2) path=\"${path:+$path }${COMP_WORDS[i]}\" ;;\n"
                          "        esac\n"
                          "    done\n"
                          "    case \"$path\" in\n"
                          "%3"
                          "    esac\n"
                          "    COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                          "}\n")
        .arg(valueCases(nodes,
                        QStringLiteral("        %1) COMPREPLY=($(compgen -W \"%2\" -- "
                                       "\"$current\")); return ;;\n")),
             commandWords.join(u'|'),
             wordCases(nodes, QStringLiteral("        \"%1\") words=\"%2\" ;;\n")));
}

QString fishQuoted(QString text)
{
    return QLatin1Char('\'')
        + text.replace(u'\\', QStringLiteral("\\\\")).replace(u'\'', QStringLiteral("\\'"))
        + QLatin1Char('\'');
}

/// True exactly where the commands of `path` were given and none below it.
QString fishCondition(const Node &node)
{
    if (node.path.isEmpty())
        return QStringLiteral("__fish_use_subcommand");
    QStringList tests;
    for (const auto &word : node.path.split(u' '))
        tests << QStringLiteral("__fish_seen_subcommand_from ") + word;
    if (!node.commands.isEmpty())
        tests << QStringLiteral("not __fish_seen_subcommand_from ")
                + words(node.commands).join(u' ');
    return tests.join(QStringLiteral("; and "));
}

QString fishScript(const QList<Node> &nodes)
{
    QString script = QStringLiteral("# fish completion for postern-cli\n");
    for (const auto &node : nodes) {
        const auto start =
            QStringLiteral("complete -c postern-cli -n %1").arg(fishQuoted(fishCondition(node)));
        for (const auto &command : node.commands)
            script += QStringLiteral("%1 -f -a %2 -d %3\n")
                          .arg(start, command.word, fishQuoted(command.description));
        if (!node.values.isEmpty())
            script +=
                QStringLiteral("%1 -f -a %2\n").arg(start, fishQuoted(node.values.join(u' ')));
        for (const auto &option : node.options) {
            script +=
                QStringLiteral("%1 -l %2 -d %3")
                    .arg(node.path.isEmpty() ? QStringLiteral("complete -c postern-cli") : start,
                         option.word.mid(2), fishQuoted(option.description));
            if (!option.values.isEmpty())
                script += QStringLiteral(" -x -a %1").arg(fishQuoted(option.values.join(u' ')));
            else if (option.takesValue)
                script += QStringLiteral(" -r");
            script += QLatin1Char('\n');
        }
    }
    return script;
}

} // namespace

std::optional<QString> completionScript(const CLI::App &app, const QString &shell)
{
    QList<Node> nodes;
    collect(app, {}, nodes);
    if (shell == u"bash")
        return QStringLiteral("# bash completion for postern-cli\n") + bashFunction(nodes)
            + QStringLiteral("complete -o default -F _postern_cli postern-cli");
    if (shell == u"zsh")
        return QStringLiteral("#compdef postern-cli\nautoload -U +X bashcompinit && bashcompinit\n")
            + bashFunction(nodes)
            + QStringLiteral("complete -o default -F _postern_cli postern-cli");
    if (shell == u"fish")
        return fishScript(nodes).trimmed();
    return std::nullopt;
}

} // namespace postern::cli
