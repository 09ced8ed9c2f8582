#pragma once
// Why a link, or a channel of it, ends.

#include "core/base/result.h"

namespace postern::link_errors {

Error nothingMore();
Error ended(); ///< as a person or the program wanted
Error awayTooLong(); ///< no channel for minutes
Error gone(const QString &user); ///< the server says that they are not there
Error replacedByBetter();

} // namespace postern::link_errors
