#pragma once
// What lab.py tells the internet to be: one JSON object a line, one answer a line.
//
//     {"do":"nat","name":"home","outside":"internet","outer":"198.51.100.2",
//      "gateway":"192.168.1.1","udp":{"mapping":"ADM","filtering":"APDF","allocation":"random"}}
//     {"do":"link","network":"home","addresses":["192.168.1.2"],"netns":"/run/netns/x",
//      "device":"eth0"}
//     {"do":"path","network":"internet","delay_ms":20,"loss":0.01,"mbit":200}
//     {"do":"forget","nat":"home","protocol":"udp"}
//     {"do":"datagrams"}

#include "tests/natlab/tun_device.h"
#include "tests/support/packetnet/packet_net.h"

#include <QJsonObject>

namespace postern::natlab {

class Commands {
public:
    explicit Commands(packetnet::PacketNet &net)
        : m_net(net)
    {
    }
    /// One line in, one line out; what is refused says why.
    QByteArray obey(const QByteArray &line);

    std::map<packetnet::PacketNet::LinkId, TunDevice> &devices() { return m_devices; }

private:
    Result<QJsonObject> act(const QJsonObject &command);
    Result<QJsonObject> addNat(const QJsonObject &command);
    Result<QJsonObject> addLink(const QJsonObject &command);
    Result<QJsonObject> setPath(const QJsonObject &command);
    Result<QJsonObject> forget(const QJsonObject &command);
    Result<QJsonObject> countDatagrams() const;

    packetnet::PacketNet &m_net;
    std::map<packetnet::PacketNet::LinkId, TunDevice> m_devices;
};

} // namespace postern::natlab
