#include "core/portmap/mapping_method.h"

namespace postern::portmap {

QString methodName(Method method)
{
    switch (method) {
    case Method::Pcp: return QStringLiteral("pcp");
    case Method::NatPmp: return QStringLiteral("nat-pmp");
    case Method::Upnp: break;
    }
    return QStringLiteral("upnp");
}

} // namespace postern::portmap
