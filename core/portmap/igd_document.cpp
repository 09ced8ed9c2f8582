#include "core/portmap/igd_document.h"

#include <QXmlStreamReader>

#include <array>

namespace postern::portmap {

namespace {

constexpr int HTTP_OK = 200;
constexpr char SERVICE_PREFIX[] = "urn:schemas-upnp-org:service:";
/// Best first. PPP is the elder kind for dialled lines.
constexpr std::array SERVICES = {"WANIPConnection:2", "WANIPConnection:1", "WANPPPConnection:1"};

std::size_t rankOf(QByteArrayView type)
{
    for (std::size_t i = 0; i < SERVICES.size(); ++i)
        if (type == QByteArray(SERVICE_PREFIX) + SERVICES[i])
            return i;
    return SERVICES.size();
}

/// Text without markup, bounded: everything that is read here is short.
QByteArray shortText(QXmlStreamReader &xml)
{
    const QString text = xml.readElementText(QXmlStreamReader::IncludeChildElements);
    return text.size() > MAX_URL_BYTES ? QByteArray() : text.trimmed().toUtf8();
}

HttpRequest action(const IgdService &service, const QByteArray &name, const QByteArray &arguments)
{
    HttpRequest request;
    request.url = service.control;
    request.soapAction = service.type + '#' + name;
    request.body = "<?xml version=\"1.0\"?>\r\n"
                   "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                   "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body><u:"
        + name + " xmlns:u=\"" + service.type + "\">" + arguments + "</u:" + name
        + "></s:Body></s:Envelope>\r\n";
    return request;
}

QByteArray argument(const char *name, const QByteArray &value)
{
    return QByteArray("<") + name + '>' + value + "</" + name + '>';
}

QByteArray place(Transport transport, std::uint16_t externalPort)
{
    return argument("NewRemoteHost", {})
        + argument("NewExternalPort", QByteArray::number(externalPort))
        + argument("NewProtocol", transport == Transport::Tcp ? "TCP" : "UDP");
}

} // namespace

std::optional<IgdService> parseDescription(const QByteArray &document, const HttpUrl &from)
{
    QXmlStreamReader xml(document);
    HttpUrl base = from;
    std::optional<IgdService> best;
    IgdService current;
    QByteArray control;
    while (!xml.atEnd()) {
        xml.readNext();
        if (xml.isEndElement() && xml.name() == QLatin1String("service")) {
            const auto url = resolveUrl(base, control);
            current.control = url.value_or(HttpUrl());
            if (url && url->server.address == from.server.address
                && rankOf(current.type) < (best ? rankOf(best->type) : SERVICES.size()))
                best = current;
            control.clear();
            current = {};
        }
        if (!xml.isStartElement())
            continue;
        if (xml.name() == QLatin1String("URLBase"))
            base = parseHttpUrl(shortText(xml)).value_or(from);
        else if (xml.name() == QLatin1String("serviceType"))
            current.type = shortText(xml);
        else if (xml.name() == QLatin1String("controlURL"))
            control = shortText(xml);
    }
    return best; // also of a document that breaks off behind it: routers' XML is what it is
}

HttpRequest askExternalAddress(const IgdService &service)
{
    return action(service, "GetExternalIPAddress", {});
}

HttpRequest askMapping(const IgdService &service, const IgdMapping &mapping)
{
    return action(
        service, "AddPortMapping",
        place(mapping.transport, mapping.externalPort)
            + argument("NewInternalPort", QByteArray::number(mapping.internalPort))
            + argument("NewInternalClient", mapping.client.toString().toLatin1())
            + argument("NewEnabled", "1") + argument("NewPortMappingDescription", "Postern")
            + argument("NewLeaseDuration",
                       QByteArray::number(static_cast<qlonglong>(mapping.lease.count()))));
}

HttpRequest askRemoval(const IgdService &service, Transport transport, std::uint16_t externalPort)
{
    return action(service, "DeletePortMapping", place(transport, externalPort));
}

IgdAnswer parseAnswer(const HttpResponse &response)
{
    IgdAnswer answer;
    answer.ok = response.status == HTTP_OK;
    QXmlStreamReader xml(response.body);
    while (!xml.atEnd()) {
        xml.readNext();
        if (!xml.isStartElement())
            continue;
        if (xml.name() == QLatin1String("errorCode")) {
            answer.error = shortText(xml).toInt();
            answer.ok = false;
        } else if (xml.name() == QLatin1String("NewExternalIPAddress")) {
            const auto address = IpAddress::parse(QString::fromLatin1(shortText(xml)));
            if (address && address->isV4())
                answer.external = *address;
        }
    }
    return answer;
}

} // namespace postern::portmap
