#include "core/engine/engine_parts.h"

#include "core/base/log.h"
#include "core/engine/network_view.h"
#include "core/transfer/leftovers.h"

#include <QDateTime>
#include <QDir>
#include <QTimer>

namespace postern {

namespace {

/// Changes of contacts within this time are told to the faces together.
constexpr Duration CONTACTS_PAUSE = 20ms;
/// How long a sign-in may be held up by working out safety numbers: enough for some twenty
/// contacts; the others' come later.
constexpr Duration NUMBERS_BUDGET = 100ms;

EngineThread threadOf(QObject &object)
{
    return {[&object](Continuation call) {
                QMetaObject::invokeMethod(&object, std::move(call), Qt::QueuedConnection);
            },
            [&object](Duration delay, Continuation call) {
                QTimer::singleShot(std::chrono::ceil<std::chrono::milliseconds>(delay), &object,
                                   std::move(call));
            }};
}

SessionState stateOf(LinkState state)
{
    switch (state) {
    case LinkState::Connecting: return SessionState::Connecting;
    case LinkState::Online: return SessionState::Online;
    case LinkState::Reconnecting: return SessionState::Reconnecting;
    case LinkState::Refused: return SessionState::Refused;
    case LinkState::SignedOut: break;
    }
    return SessionState::SignedOut;
}

} // namespace

EngineParts::EngineParts(const EngineOptions &engineOptions, const EngineEvents &engineEvents)
    : options(engineOptions)
    , events(wake.watching(engineEvents))
    , pool(threadOf(thread))
    , files(systemFileSystem())
    , client(*this)
    , account(options, client, events.secretsProblem)
    , history(pool, [this] { events.historyChanged(); })
    , queue(pool, files)
    , transfers(contacts, files, pool, events)
    , m_contactsTimer([this] { tellContacts(); })
{
    if (const auto profile = Profile::open(options.profile)) {
        history.setFile(profile->filePath(QStringLiteral("history.sqlite")));
        queue.setFolder(profile->filePath(QStringLiteral("transfers")));
    }
    transfers.setTextKeeper(
        [this](const TransferInfo &text, auto done) { history.keepText(text, std::move(done)); });
    transfers.setRecorder([this](const TransferInfo &transfer, const QString &device,
                                 const auto &list) { history.record(transfer, device, list); });
}

EngineParts::~EngineParts() { transfers.setLinks(nullptr); }

// --- the rendezvous ----------------------------------------------------------------------

void EngineParts::linkChanged()
{
    const bool online = client.status().state == LinkState::Online;
    if (online && !m_online)
        wentOnline();
    if (client.status().contactsComplete && !std::exchange(m_contactsTold, true)) {
        // Before those who wait for the sign-in go on.
        for (const auto &contact : client.contacts())
            contacts.update(contact);
        const Instant enough = monotonicNow() + NUMBERS_BUDGET;
        while (monotonicNow() < enough && contacts.computeNextNumber()) { }
        m_contactsChanged = true;
        tellContacts();
    }
    account.linkChanged();
    if (links && !client.status().relay.servers.isEmpty())
        links->relaysKnown();
    if (!online && m_online)
        wentOffline();
    m_online = online;
    m_contactsTold = m_contactsTold && online;
    if (client.status().state == LinkState::SignedOut && m_signedIn) {
        m_signedIn.reset();
        contacts.clear();
        transfers.setLinks(nullptr);
        links.reset();
        unmapPort();
        network.reset();
    }
    tellSession();
    contactsChanged();
}

void EngineParts::wentOnline()
{
    const auto &status = client.status();
    const auto server = ServerAddress::parse(account.account().server);
    const Account now{server ? server->hostAndPort() : account.account().server, status.user};
    if (!m_signedIn || m_signedIn->server != now.server || m_signedIn->user != now.user) {
        contacts.clear();
        auto pins = PinStore::open(*account.profile(), now.user, now.server);
        if (pins)
            contacts.begin(std::move(*pins), now.user, account.key()->id());
        else // nobody can be trusted then: every device counts as unknown
            qCWarning(logEngine) << pins.error().message;
        transfers.setRules(
            ContactRules(account.profile()->filePath(QStringLiteral("contact_rules.json")),
                         now.user + u'@' + now.server));
        m_signedIn = now;
    }
    if (!network) {
        networkMemoryFile = std::make_unique<NetworkMemoryFile>(
            account.profile()->filePath(QStringLiteral("networks.json")));
        auto opened = PeerNetwork::open(options.port, *account.key(), *this, options.congestion);
        if (!opened) {
            qCWarning(logEngine) << "No network port:" << opened.error().message;
            return;
        }
        network = std::move(*opened);
        const QString journals = account.profile()->filePath(QStringLiteral("transfers"));
        if (QDir().mkpath(journals)) {
            transfers.setJournals(journals);
            pool.makeLane()->run([home = JournalHome{files, journals}]() -> Continuation {
                constexpr qint64 NS_PER_MS = 1'000'000;
                sweepLeftovers(home, {}, QDateTime::currentMSecsSinceEpoch() * NS_PER_MS);
                return {};
            });
        }
        links = std::make_unique<PeerLinks>(*network, account.key()->id(), files, pool, transfers,
                                            QDir(journals).exists() ? journals : QString());
        transfers.setLinks(links.get());
        if (options.resumeSends)
            transfers.goOnByItself();
    }
    network->gatherer().setServer(status.observed, status.stun, status.stunAlternate);
    network->sessionBegan();
    links->setServerOnline(true);
    mapPort(status.observed);
}

/// Where the server sees an address of ours there is no NAT, and nobody to be asked.
void EngineParts::mapPort(const Endpoint &observed)
{
    const auto &own = network->gatherer().facts().interfaces;
    const bool direct = std::any_of(own.begin(), own.end(), [&](const InterfaceAddress &local) {
        return local.address == observed.address;
    });
    if (!options.mapPort || direct)
        return;
    if (!portMapper)
        portMapper = std::make_unique<portmap::PortMapper>(network->port(), [this] {
            if (network)
                network->gatherer().setMapping(portMapper->mapping());
        });
    portMapper->begin();
}

/// It lives on until the router has confirmed, or has had its time.
void EngineParts::unmapPort()
{
    if (!portMapper)
        return;
    const std::shared_ptr<portmap::PortMapper> leaving = std::move(portMapper);
    leaving->end([leaving] {});
}

void EngineParts::wentOffline()
{
    if (links)
        links->setServerOnline(false);
    if (network) {
        network->gatherer().clearServer();
        network->sessionEnded();
    }
}

void EngineParts::tellSession()
{
    const auto &status = client.status();
    SessionInfo info;
    info.state = stateOf(status.state);
    info.account = account.account();
    if (account.key())
        info.device = account.key()->id();
    if (!status.observed.isNull())
        info.publicAddress = status.observed.toString();
    info.problem = status.problem;
    events.session(info);
}

void EngineParts::signalReceived(const QString &user, const DeviceId &device,
                                 const SessionId &session, const QByteArray &body)
{
    if (network)
        network->signalReceived(user, device, session, body);
}

// --- contacts ------------------------------------------------------------------------------

void EngineParts::contactChanged(const QString &name)
{
    if (const auto contact = client.contact(name))
        contacts.update(*contact);
    else
        contacts.remove(name);
    contactsChanged();
}

void EngineParts::contactsChanged()
{
    m_contactsChanged = true;
    if (m_contactsTimer.deadline() == NEVER)
        m_contactsTimer.set(monotonicNow() + CONTACTS_PAUSE);
}

/// Tells what is known at once, then works the missing safety numbers out, one a turn of the
/// loop, and tells again.
void EngineParts::tellContacts()
{
    m_contactsTimer.cancel();
    if (std::exchange(m_contactsChanged, false)) {
        events.contacts(contactInfos());
        transfers.contactsChanged();
    }
    if (contacts.computeNextNumber()) {
        m_numbersChanged = true;
        m_contactsTimer.set(monotonicNow());
    } else if (std::exchange(m_numbersChanged, false)) {
        events.contacts(contactInfos());
    }
}

QList<ContactInfo> EngineParts::contactInfos()
{
    auto infos = contacts.infos();
    for (auto &info : infos)
        info.rule = transfers.rules().find(info.name);
    return infos;
}

Result<void> EngineParts::setContactRule(const QString &name,
                                         const std::optional<ContactRule> &rule)
{
    if (!contacts.info(name))
        return {ErrorCode::NotFound,
                tr("“%1” is not among your contacts. Add them first.").arg(name)};
    const auto set = transfers.rules().set(name, rule);
    contactsChanged();
    return set;
}

void EngineParts::changeContact(const QString &name, wire::ContactAction action, Done done)
{
    client.changeContact(name.trimmed(), action, [this, name, action, done](const Result<void> &r) {
        const bool parted =
            action == wire::ContactAction::Remove || action == wire::ContactAction::Block;
        if (r && parted && links)
            links->closeLinksTo(
                name, {ErrorCode::NotAllowed, tr("“%1” is not your contact any more.").arg(name)});
        if (r && action == wire::ContactAction::Remove) {
            if (const auto forgotten = contacts.forget(name); !forgotten)
                qCWarning(logEngine) << "Pins not forgotten:" << forgotten.error().message;
        }
        done(r);
        contactsChanged();
    });
}

// --- the peer network ------------------------------------------------------------------------

void EngineParts::sendSignal(const QString &user, const DeviceId &device, const SessionId &session,
                             const QByteArray &body, Done done)
{
    client.sendSignal(user, device, session, body, std::move(done));
}

void EngineParts::dialBack(std::uint16_t tcpPort, std::uint16_t udpPort, const QByteArray &token,
                           Gatherer::DialBackDone done)
{
    client.dialBack(tcpPort, udpPort, token, [done](const Result<wire::DialedBack> &answer) {
        if (answer)
            done(Gatherer::DialBackResult{answer->tcp, answer->udp});
        else
            done(answer.error());
    });
}

Result<void> EngineParts::mayTalkTo(const QString &user, const DeviceId &device)
{
    return contacts.mayTalkTo(user, device);
}

void EngineParts::peerConnected(PeerLink link) { links->adopt(std::move(link)); }

void EngineParts::searchEnded(const SearchReport &report) { events.search(searchInfo(report)); }

void EngineParts::measureNetwork(NetworkMeasurement measurement, NetworkDone done)
{
    if (!network || !m_online)
        return done({ErrorCode::Unavailable,
                     tr("The network is measured with the server's help. Sign in first.")});
    const auto measure = [this, measurement, done] {
        if (!network)
            return tellNetwork(done);
        auto &gatherer = network->gatherer();
        const auto tell = [this, done] { tellNetwork(done); };
        if (measurement == NetworkMeasurement::Thorough)
            gatherer.measureThoroughly(tell);
        else
            gatherer.refresh(tell);
    };
    if (portMapper)
        portMapper->whenSettled(measure);
    else
        measure();
}

void EngineParts::tellNetwork(const NetworkDone &done)
{
    if (!network)
        return done({ErrorCode::Cancelled, tr("Signed out meanwhile.")});
    const auto &gatherer = network->gatherer();
    done(networkInfo(gatherer.facts(), gatherer.behaviour()));
}

void EngineParts::shutDown(std::function<void()> done)
{
    transfers.putDownAll();
    // The router is told while the peers are: quitting waits for the slower of them.
    const int parts = (links ? 1 : 0) + (portMapper ? 1 : 0);
    if (parts == 0)
        return done();
    const auto one = [left = std::make_shared<int>(parts), done] {
        if (--*left == 0)
            done();
    };
    if (portMapper)
        portMapper->end(one);
    if (links)
        links->shutDown(one);
}

} // namespace postern
