#pragma once
// Who and what is seen in the screenshots: people, transfers in every state, names that no
// page may break on.

#include "tests/support/scripted_engine.h"

namespace postern::test {

inline const auto LONG_NAME =
    QStringLiteral("quarterly-report-with-a-name-that-goes-on-and-on-").repeated(5)
    + QStringLiteral("final-final-2.pdf");
inline const auto HOSTILE_NAME = QStringLiteral("<b>invoice</b>\n\u202Efdp.exe <img src=x>")
    + QStringLiteral("&amp;").repeated(40);

inline QList<ContactInfo> people()
{
    auto ben = contact(QStringLiteral("ben"), {device(1, QStringLiteral("thinkpad"), true)});
    auto carla = contact(QStringLiteral("carla"),
                         {device(2, QStringLiteral("studio"), true, KeyTrust::FirstSeen),
                          device(3, QStringLiteral("phone"), true, KeyTrust::FirstSeen)});
    auto dora = contact(QStringLiteral("dora"), {device(4, QStringLiteral("desk"), false)});
    auto emil = contact(QStringLiteral("emil"),
                        {device(5, QStringLiteral("tower"), true, KeyTrust::Changed)});
    auto mine = contact(QStringLiteral("anna"), {device(6, QStringLiteral("living room"), true)},
                        ContactState::OwnDevices);
    return {ben,
            carla,
            dora,
            emil,
            mine,
            contact(QStringLiteral("farid"), {}, ContactState::AsksUs),
            contact(QStringLiteral("greta"), {}, ContactState::AskedByUs)};
}

inline PathInfo path(PathKind kind)
{
    PathInfo info;
    info.kind = kind;
    return info;
}

inline TransferInfo moving(int number, TransferState state, const QString &title,
                           Direction direction, PathKind kind, double done)
{
    auto info = transfer(number, QStringLiteral("ben"), state, title);
    info.direction = direction;
    info.path = path(kind);
    info.bytes = static_cast<qint64>(done * static_cast<double>(info.totalBytes));
    info.rate = 84e6;
    info.secondsLeft = static_cast<qint64>((1 - done) * 14);
    return info;
}

inline QList<TransferInfo> everyState()
{
    const auto ben = QStringLiteral("ben");
    auto delivered = moving(1, TransferState::Delivered, QStringLiteral("Holiday photos"),
                            Direction::Sending, PathKind::Udp, 1);
    delivered.files = 412;
    delivered.elapsedMs = 14'200;
    delivered.location = QStringLiteral("/home/anna/Pictures/Holiday photos");
    auto failed = transfer(2, ben, TransferState::Failed, QStringLiteral("raw-footage.mov"));
    failed.direction = Direction::Receiving;
    failed.problem =
        Error{ErrorCode::DiskFull,
              QStringLiteral("The disk that holds /home/anna/Downloads is full. Free at "
                             "least 812 MB there, then ask ben to send it again.")};
    auto declined = transfer(3, ben, TransferState::Declined, QStringLiteral("setup.exe"));
    auto cancelled = transfer(4, ben, TransferState::Cancelled, QStringLiteral("old backup.tar"));
    auto waiting =
        transfer(5, ben, TransferState::WaitingForContact, QStringLiteral("minutes.odt"));
    waiting.totalBytes = 48'000;
    auto offered = transfer(6, ben, TransferState::Offered, QStringLiteral("slides.pdf"));
    offered.totalBytes = 3'400'000;
    auto connecting = moving(7, TransferState::Connecting, QStringLiteral("scan-0017.tiff"),
                             Direction::Sending, PathKind::Udp, 0);
    connecting.path.reset();
    auto stalled = moving(8, TransferState::Stalled, QStringLiteral("debian-12.iso"),
                          Direction::Receiving, PathKind::Relay, 0.34);
    auto verifying = moving(9, TransferState::Verifying, QStringLiteral("thesis.zip"),
                            Direction::Sending, PathKind::Tcp, 1);
    auto receiving =
        moving(10, TransferState::Transferring, QStringLiteral("concert recording.flac"),
               Direction::Receiving, PathKind::Udp, 0.27);
    receiving.rate = 21.6e6;
    auto sending = moving(11, TransferState::Transferring, QStringLiteral("postern sources"),
                          Direction::Sending, PathKind::Lan, 0.62);
    sending.files = 1284;
    return {delivered,  failed,  declined,  cancelled, waiting, offered,
            connecting, stalled, verifying, receiving, sending};
}

inline OfferInfo folderOffer()
{
    auto offer =
        offerOf(50, QStringLiteral("carla"), QStringLiteral("Garden plans"), 1'400'000'000);
    offer.files = 13;
    offer.folders = 3;
    offer.entries = {{QStringLiteral("Garden plans"), EntryKind::Folder, 0},
                     {QStringLiteral("Garden plans/drawings"), EntryKind::Folder, 0},
                     {QStringLiteral("Garden plans/empty"), EntryKind::Folder, 0}};
    for (int i = 1; i <= 12; ++i)
        offer.entries.append({QStringLiteral("Garden plans/drawings/sheet %1.svg").arg(i),
                              EntryKind::File, 110'000'000 + i * 1'000'000});
    offer.entries.append({QStringLiteral("Garden plans/budget.ods"), EntryKind::File, 48'000});
    return offer;
}

} // namespace postern::test
