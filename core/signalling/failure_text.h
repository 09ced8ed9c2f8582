#pragma once
// What the server's refusals mean to programs and to people: one table. Pure; any thread.

#include "core/base/result.h"
#include "core/wire/rendezvous_messages.h"

namespace postern {

/// The failure as our own error with a translated sentence. Incompatible keeps the server's
/// sentence, which alone can name both versions, made safe to show.
Error errorOf(const wire::Failure &failure);

/// Text of someone else's that people will see: control and direction-changing characters
/// removed, spaces at the ends too.
QString shownText(const QString &foreign);

} // namespace postern
