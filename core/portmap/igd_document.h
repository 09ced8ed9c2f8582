#pragma once
// The XML of an Internet Gateway Device: its description, the actions asked of it and their
// answers. Values, any thread.
// Source: UPnP Device Architecture 1.1 sections 2 and 3; WANIPConnection:1 and :2.

#include "core/portmap/http_message.h"
#include "core/portmap/mapping_method.h"

namespace postern::portmap {

/// A service that maps ports, and where its actions go.
struct IgdService {
    QByteArray type; ///< "urn:schemas-upnp-org:service:WANIPConnection:1" or a kin of it
    HttpUrl control;
};
/// The best such service of a description that came from `from`; its control place must be on
/// the same machine.
std::optional<IgdService> parseDescription(const QByteArray &xml, const HttpUrl &from);

/// What AddPortMapping names.
struct IgdMapping {
    Transport transport = Transport::Tcp;
    std::uint16_t externalPort = 0;
    std::uint16_t internalPort = 0;
    IpAddress client;
    std::chrono::seconds lease{}; ///< 0: for ever
};
HttpRequest askExternalAddress(const IgdService &service);
HttpRequest askMapping(const IgdService &service, const IgdMapping &mapping);
HttpRequest askRemoval(const IgdService &service, Transport transport, std::uint16_t externalPort);

/// Error codes of WANIPConnection that another try can heal (section 2.4.16.4).
inline constexpr int CONFLICT_IN_MAPPING = 718;
inline constexpr int ONLY_PERMANENT_LEASES = 725;
inline constexpr int CONFLICT_WITH_OTHER_MECHANISM = 729;
inline constexpr int INVALID_ARGUMENTS = 402; ///< what some say instead of 725

struct IgdAnswer {
    bool ok = false;
    int error = 0; ///< of UPnP, where not ok; 0: not even that
    IpAddress external; ///< of GetExternalIPAddress
};
IgdAnswer parseAnswer(const HttpResponse &response);

} // namespace postern::portmap
