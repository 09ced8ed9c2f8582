#include "tests/support/scripted_engine.h"

#include <QPointer>
#include <QTimer>

#include <utility>

namespace postern::test {

namespace {

template<typename Id> Id numbered(int number)
{
    std::array<std::uint8_t, Id::LENGTH> bytes{};
    bytes[0] = 1;
    bytes[1] = static_cast<std::uint8_t>(number >> 16);
    bytes[2] = static_cast<std::uint8_t>(number >> 8);
    bytes[3] = static_cast<std::uint8_t>(number);
    return Id(bytes);
}

} // namespace

void ScriptedEngine::goOnline(const QString &user, const QString &server)
{
    account = Account{server, user};
    sessionInfo.account = *account;
    sessionInfo.publicAddress = QStringLiteral("203.0.113.7:47100");
    setSession(SessionState::Online);
}

void ScriptedEngine::setSession(SessionState state, std::optional<Error> problem)
{
    sessionInfo.state = state;
    sessionInfo.problem = std::move(problem);
    emit sessionChanged(sessionInfo);
}

void ScriptedEngine::setContacts(const QList<ContactInfo> &contacts)
{
    contactList = contacts;
    emit contactsChanged();
}

void ScriptedEngine::changeTransfer(const TransferInfo &transfer)
{
    bool known = false;
    for (auto &other : transferList) {
        if (other.id != transfer.id)
            continue;
        other = transfer;
        known = true;
    }
    if (!known)
        transferList.append(transfer);
    emit transferChanged(transfer);
}

void ScriptedEngine::answer()
{
    for (const auto &held : std::exchange(m_held, {}))
        held();
}

void ScriptedEngine::reply(const QString &call, QObject *context, Done done)
{
    calls.append(call);
    const auto result = nextError ? Result<void>(*std::exchange(nextError, {})) : Result<void>();
    auto give = [guard = QPointer<QObject>(context), done = std::move(done), result] {
        if (guard)
            done(result);
    };
    if (holdsAnswers)
        m_held.append(std::move(give));
    else
        QTimer::singleShot(0, this, std::move(give));
}

void ScriptedEngine::registerAccount(const Account &wanted, const QString &password,
                                     const QString &invite, QObject *context, Done done)
{
    lastPassword = password;
    if (!nextError)
        account = wanted;
    reply(QStringLiteral("registerAccount %1@%2 %3")
              .arg(wanted.user, wanted.server, invite)
              .trimmed(),
          context, std::move(done));
}

void ScriptedEngine::signIn(const Account &wanted, const QString &password, QObject *context,
                            Done done)
{
    lastPassword = password;
    if (!nextError)
        account = wanted;
    reply(QStringLiteral("signIn %1@%2").arg(wanted.user, wanted.server), context, std::move(done));
}

void ScriptedEngine::connectStored(QObject *context, Done done)
{
    reply(QStringLiteral("connectStored"), context, std::move(done));
}

void ScriptedEngine::signOut(QObject *context, Done done)
{
    if (!nextError)
        account.reset();
    reply(QStringLiteral("signOut"), context, std::move(done));
}

void ScriptedEngine::retrySecrets(QObject *context, Done done)
{
    reply(QStringLiteral("retrySecrets"), context, std::move(done));
}

void ScriptedEngine::useSessionOnlySecrets(QObject *context, Done done)
{
    reply(QStringLiteral("useSessionOnlySecrets"), context, std::move(done));
}

void ScriptedEngine::addContact(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("addContact ") + name, context, std::move(done));
}

void ScriptedEngine::acceptContact(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("acceptContact ") + name, context, std::move(done));
}

void ScriptedEngine::refuseContact(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("refuseContact ") + name, context, std::move(done));
}

void ScriptedEngine::removeContact(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("removeContact ") + name, context, std::move(done));
}

void ScriptedEngine::blockContact(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("blockContact ") + name, context, std::move(done));
}

void ScriptedEngine::markVerified(const QString &name, QObject *context, Done done)
{
    reply(QStringLiteral("markVerified ") + name, context, std::move(done));
}

void ScriptedEngine::trustDevice(const QString &name, const DeviceId &device, QObject *context,
                                 Done done)
{
    reply(QStringLiteral("trustDevice %1 %2").arg(name, device.shortHex()), context,
          std::move(done));
}

void ScriptedEngine::revokeOwnDevice(const DeviceId &device, QObject *context, Done done)
{
    reply(QStringLiteral("revokeOwnDevice ") + device.shortHex(), context, std::move(done));
}

TransferId ScriptedEngine::send(const SendRequest &request)
{
    calls.append(QStringLiteral("send %1 %2").arg(request.contact, request.paths.join(u' ')));
    sent.append(request);
    return transferId(100'000 + static_cast<int>(sent.size()));
}

void ScriptedEngine::setReceiving(std::optional<ReceiveOptions> options)
{
    calls.append(options ? QStringLiteral("setReceiving ") + options->into
                         : QStringLiteral("setReceiving off"));
    receiving = std::move(options);
}

void ScriptedEngine::acceptOffer(const TransferId &id, const AcceptTerms &terms)
{
    QStringList without;
    for (const int entry : terms.leaveOut)
        without.append(QString::number(entry));
    calls.append(QStringLiteral("acceptOffer %1 %2").arg(id.shortHex(), terms.into).trimmed()
                 + (without.isEmpty() ? QString() : " without " + without.join(u',')));
}

void ScriptedEngine::declineOffer(const TransferId &id)
{
    calls.append(QStringLiteral("declineOffer ") + id.shortHex());
}

void ScriptedEngine::cancelTransfer(const TransferId &id)
{
    calls.append(QStringLiteral("cancelTransfer ") + id.shortHex());
}

void ScriptedEngine::pauseTransfer(const TransferId &id)
{
    calls.append(QStringLiteral("pauseTransfer ") + id.shortHex());
}

void ScriptedEngine::resumeTransfer(const TransferId &id)
{
    calls.append(QStringLiteral("resumeTransfer ") + id.shortHex());
}

void ScriptedEngine::retryTransfer(const TransferId &id)
{
    calls.append(QStringLiteral("retryTransfer ") + id.shortHex());
}

void ScriptedEngine::moveTransfer(const TransferId &id, int place)
{
    calls.append(QStringLiteral("moveTransfer %1 %2").arg(id.shortHex()).arg(place));
}

void ScriptedEngine::setTransferLimit(const TransferId &id, qint64 bytesPerSecond)
{
    calls.append(QStringLiteral("setTransferLimit %1 %2").arg(id.shortHex()).arg(bytesPerSecond));
}

void ScriptedEngine::setRateLimits(const RateLimits &wanted)
{
    calls.append(QStringLiteral("setRateLimits %1 %2 %3")
                     .arg(wanted.up)
                     .arg(wanted.down)
                     .arg(wanted.yields ? QStringLiteral("yields") : QString())
                     .trimmed());
    limits = wanted;
}

void ScriptedEngine::setContactRule(const QString &name, const std::optional<ContactRule> &rule,
                                    QObject *context, Done done)
{
    for (auto &contact : contactList)
        if (contact.name == name)
            contact.rule = rule;
    reply(QStringLiteral("setContactRule ") + name, context, std::move(done));
}

void ScriptedEngine::searchHistory(const HistoryQuery &query, QObject *context, HistoryDone done)
{
    calls.append(QStringLiteral("searchHistory ") + query.words);
    QList<HistoryEntry> found;
    for (const auto &entry : history)
        if ((entry.title + entry.contact + entry.text).contains(query.words, Qt::CaseInsensitive)
            && (query.before == 0 || entry.key < query.before) && found.size() < query.most)
            found.append(entry);
    QTimer::singleShot(0, context, [done = std::move(done), found] { done(found); });
}

void ScriptedEngine::listQueue(QObject *context, QueueDone done)
{
    calls.append(QStringLiteral("listQueue"));
    QTimer::singleShot(0, context, [done = std::move(done), now = queue] { done(now); });
}

void ScriptedEngine::moveInQueue(const TransferId &id, int place, QObject *context, Done done)
{
    reply(QStringLiteral("moveInQueue %1 %2").arg(id.toHex()).arg(place), context, std::move(done));
}

void ScriptedEngine::dropFromQueue(const TransferId &id, QObject *context, Done done)
{
    reply(QStringLiteral("dropFromQueue ") + id.toHex(), context, std::move(done));
}

void ScriptedEngine::historyFiles(const HistoryFilesQuery &query, QObject *context,
                                  HistoryFilesDone done)
{
    calls.append(QStringLiteral("historyFiles %1").arg(query.key));
    const HistoryFilesPage page{filesOfHistory.mid(query.from, query.most),
                                query.from + query.most >= filesOfHistory.size()};
    const auto answer = nextError ? Result<HistoryFilesPage>(*std::exchange(nextError, {}))
                                  : Result<HistoryFilesPage>(page);
    QTimer::singleShot(0, context, [done = std::move(done), answer] { done(answer); });
}

void ScriptedEngine::hashFile(const QString &path, QObject *context, HashDone done)
{
    calls.append(QStringLiteral("hashFile ") + path);
    QTimer::singleShot(0, context, [done = std::move(done)] { done(QByteArray(16, '\x11')); });
}

void ScriptedEngine::exportHistory(const QString &file, QObject *context, Done done)
{
    reply(QStringLiteral("exportHistory ") + file, context, std::move(done));
}

void ScriptedEngine::clearHistory(qint64 key, QObject *context, Done done)
{
    history.removeIf([key](const auto &entry) { return key == 0 || entry.key == key; });
    reply(QStringLiteral("clearHistory %1").arg(key), context, std::move(done));
}

void ScriptedEngine::measureNetwork(NetworkMeasurement, QObject *context, NetworkDone done)
{
    calls.append(QStringLiteral("measureNetwork"));
    const auto result = nextError ? Result<NetworkInfo>(*std::exchange(nextError, {}))
                                  : Result<NetworkInfo>(network);
    QTimer::singleShot(0, context, [done = std::move(done), result] { done(result); });
}

TransferId transferId(int number) { return numbered<TransferId>(number); }

DeviceId deviceId(int number) { return numbered<DeviceId>(number); }

DeviceInfo device(int number, const QString &name, bool online, KeyTrust trust)
{
    return DeviceInfo{deviceId(number), name, online, online, trust};
}

ContactInfo contact(const QString &name, const QList<DeviceInfo> &devices, ContactState state)
{
    const auto number =
        QStringLiteral("31415 92653 58979 32384 62643 38327 95028 84197 16939 93751 "
                       "05820 97494");
    return ContactInfo{name, state, devices, devices.isEmpty() ? QString() : number};
}

TransferInfo transfer(int number, const QString &contact, TransferState state, const QString &title)
{
    TransferInfo info;
    info.id = transferId(number);
    info.contact = contact;
    info.state = state;
    info.title = title;
    info.files = 1;
    info.totalBytes = 1'200'000'000;
    info.startedAt = QDateTime::fromSecsSinceEpoch(1'800'000'000 + number);
    return info;
}

OfferInfo offerOf(int number, const QString &contact, const QString &title, qint64 bytes)
{
    OfferInfo offer;
    offer.id = transferId(number);
    offer.contact = contact;
    offer.device = QStringLiteral("laptop");
    offer.title = title;
    offer.files = 1;
    offer.bytes = bytes;
    offer.entries = {OfferEntry{title, EntryKind::File, bytes}};
    offer.destination = QStringLiteral("/home/me/Downloads");
    offer.freeBytes = 120'000'000'000;
    return offer;
}

} // namespace postern::test
