// Every message of the protocol has a seed that its fuzz target starts from: a new message without
// one fails here. POSTERN_WRITE_SEEDS=1 writes those that are missing, with the fields' defaults.

#include "core/peer/connect_messages.h"
#include "core/wire/frame.h"
#include "core/wire/rendezvous_messages.h"
#include "core/wire/transfer_messages.h"

#include <QTest>

using namespace postern;

namespace {

QDir seedsOf(const char *target)
{
    return QDir(QStringLiteral(QT_TESTCASE_SOURCEDIR "/fuzz/seeds/") + QLatin1String(target));
}

/// The messages of all of a target's seeds; framed: as a stream carries them.
QList<QByteArray> payloadsOf(const char *target, bool framed)
{
    QList<QByteArray> payloads;
    const QDir seeds = seedsOf(target);
    for (const auto &name : seeds.entryList(QDir::Files)) {
        QFile file(seeds.filePath(name));
        if (!file.open(QIODevice::ReadOnly))
            continue;
        const QByteArray bytes = file.readAll();
        if (!framed) {
            payloads.append(bytes);
            continue;
        }
        FrameReader reader;
        reader.append(viewOf(bytes));
        for (auto frame = reader.next(); frame && *frame; frame = reader.next())
            payloads.append(**frame);
    }
    return payloads;
}

template<typename Message> void write(const char *target, bool framed, Message message)
{
    QFile file(seedsOf(target).filePath(QLatin1String(Message::TYPE)));
    const QByteArray payload = wire::encode(message);
    if (file.open(QIODevice::WriteOnly))
        file.write(framed ? frameOf(payload) : payload);
}

template<typename Variant, std::size_t... INDEX>
QStringList missing(const QList<QByteArray> &payloads, const char *target, bool framed,
                    std::index_sequence<INDEX...>)
{
    QStringList names;
    const auto look = [&]<typename Message>(Message message) {
        for (const auto &payload : payloads) {
            const auto decoded = wire::decode<Variant>(payload);
            if (decoded && std::holds_alternative<Message>(*decoded))
                return;
        }
        names.append(QLatin1String(Message::TYPE));
        if (qEnvironmentVariableIsSet("POSTERN_WRITE_SEEDS"))
            write(target, framed, std::move(message));
    };
    (look(std::variant_alternative_t<INDEX, Variant>{}), ...);
    return names;
}

template<typename... Variants> QStringList missingOf(const char *target, bool framed)
{
    const auto payloads = payloadsOf(target, framed);
    return (missing<Variants>(payloads, target, framed,
                              std::make_index_sequence<std::variant_size_v<Variants>>{})
            + ...);
}

} // namespace

class WireSeeds : public QObject {
    Q_OBJECT

private slots:
    void everyMessageOfTheRendezvousHasOne()
    {
        QCOMPARE((missingOf<wire::ClientMessage, wire::ServerMessage>("rendezvous_messages", true)),
                 QStringList());
    }
    void everyMessageOfPeersHasOne()
    {
        QCOMPARE((missingOf<peer::ConnectMessage, peer::HelloMessage, wire::TransferOpening,
                            wire::FromSender, wire::FromReceiver>("peer_messages", false)),
                 QStringList());
    }
};

QTEST_APPLESS_MAIN(WireSeeds)
#include "wire_seeds_test.moc"
