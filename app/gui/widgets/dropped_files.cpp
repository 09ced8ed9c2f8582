#include "app/gui/widgets/dropped_files.h"

#include <QMimeData>
#include <QUrl>

#include <algorithm>

namespace postern::gui {

bool canBeSent(const QMimeData *data)
{
    const auto urls = data->urls();
    return std::any_of(urls.begin(), urls.end(), [](const auto &url) { return url.isLocalFile(); })
        || data->hasText();
}

QStringList filesIn(const QMimeData *data)
{
    QStringList paths;
    for (const auto &url : data->urls())
        if (url.isLocalFile())
            paths.append(url.toLocalFile());
    paths.removeDuplicates();
    return paths;
}

QString textIn(const QMimeData *data)
{
    const auto urls = data->urls();
    if (urls.size() == 1 && !urls.first().isLocalFile())
        return urls.first().toString(QUrl::FullyEncoded);
    return data->text();
}

} // namespace postern::gui
