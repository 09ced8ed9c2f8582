#include "app/gui/widgets/dropped_files.h"

#include <QMimeData>
#include <QUrl>

#include <algorithm>

namespace postern::gui {

bool carriesFiles(const QMimeData *data)
{
    const auto urls = data->urls();
    return std::any_of(urls.begin(), urls.end(), [](const auto &url) { return url.isLocalFile(); });
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

} // namespace postern::gui
