#include "core/engine/local_engine.h"

#include "core/base/allocator.h"
#include "core/engine/engine_core.h"

#include <QPointer>

namespace postern {

std::unique_ptr<Engine> createEngine(const EngineOptions &options)
{
    keepFreedBlocks();
    return std::make_unique<LocalEngine>(options);
}

LocalEngine::LocalEngine(const EngineOptions &options)
    : m_thread([this] { delete m_core; })
    , m_stored(EngineCore::storedAccount(options))
{
    const auto here = [this](auto work) {
        QMetaObject::invokeMethod(this, std::move(work), Qt::QueuedConnection);
    };
    EngineEvents events;
    events.session = [this, here](const SessionInfo &session) {
        here([this, session] {
            m_session = session;
            if (session.state == SessionState::Online)
                m_stored = session.account;
            emit sessionChanged(session);
        });
    };
    events.contacts = [this, here](const QList<ContactInfo> &contacts) {
        here([this, contacts] {
            m_contacts = contacts;
            emit contactsChanged();
        });
    };
    events.offer = [this, here](const OfferInfo &offer) {
        here([this, offer] { emit offerReceived(offer); });
    };
    events.offerWithdrawn = [this, here](const TransferId &id) {
        here([this, id] { emit offerWithdrawn(id); });
    };
    events.transfer = [this, here](const TransferInfo &transfer) {
        here([this, transfer] { keepTransfer(transfer); });
    };
    events.search = [this, here](const SearchInfo &search) {
        here([this, search] { emit searchEnded(search); });
    };
    events.historyChanged = [this, here] { here([this] { emit historyChanged(); }); };
    events.secretsProblem = [this, here](const Error &problem) {
        here([this, problem] { emit secretsProblem(problem); });
    };

    m_core = new EngineCore(options, std::move(events));
    m_core->moveToThread(m_thread.qtThread());
}

LocalEngine::~LocalEngine()
{
    post([this](EngineCore &core) { core.shutDown([this] { m_thread.quit(); }); });
    m_thread.join();
}

void LocalEngine::post(std::function<void(EngineCore &)> work)
{
    QMetaObject::invokeMethod(
        m_core, [core = m_core, work = std::move(work)] { work(*core); }, Qt::QueuedConnection);
}

template<typename Value>
std::function<void(Result<Value>)>
LocalEngine::inThisThread(QObject *context, std::function<void(Result<Value>)> done)
{
    return [this, context = QPointer<QObject>(context), done = std::move(done)](Result<Value> r) {
        QMetaObject::invokeMethod(
            this,
            [context, done, r = std::move(r)] {
                if (context && done)
                    done(r);
            },
            Qt::QueuedConnection);
    };
}

void LocalEngine::keepTransfer(const TransferInfo &transfer)
{
    m_transfers.insert(transfer.id, transfer);
    emit transferChanged(transfer);
}

void LocalEngine::registerAccount(const Account &account, const QString &password,
                                  const QString &invite, QObject *context, Done done)
{
    post([=, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.registerAccount(account, password, invite, done);
    });
}

void LocalEngine::signIn(const Account &account, const QString &password, QObject *context,
                         Done done)
{
    post([=, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.signIn(account, password, done);
    });
}

void LocalEngine::connectStored(QObject *context, Done done)
{
    post([done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.connectStored(done);
    });
}

void LocalEngine::signOut(QObject *context, Done done)
{
    m_stored.reset();
    post([done = inThisThread(context, std::move(done))](EngineCore &core) { core.signOut(done); });
}

void LocalEngine::retrySecrets(QObject *context, Done done)
{
    post([done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.retrySecrets(done);
    });
}

void LocalEngine::useSessionOnlySecrets(QObject *context, Done done)
{
    post([done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.useSessionOnlySecrets(done);
    });
}

void LocalEngine::changeContact(const QString &name, wire::ContactAction action, QObject *context,
                                Done done)
{
    post([name, action, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.changeContact(name, action, done);
    });
}

void LocalEngine::addContact(const QString &name, QObject *context, Done done)
{
    changeContact(name, wire::ContactAction::Request, context, std::move(done));
}

void LocalEngine::acceptContact(const QString &name, QObject *context, Done done)
{
    changeContact(name, wire::ContactAction::Accept, context, std::move(done));
}

void LocalEngine::refuseContact(const QString &name, QObject *context, Done done)
{
    changeContact(name, wire::ContactAction::Refuse, context, std::move(done));
}

void LocalEngine::removeContact(const QString &name, QObject *context, Done done)
{
    changeContact(name, wire::ContactAction::Remove, context, std::move(done));
}

void LocalEngine::blockContact(const QString &name, QObject *context, Done done)
{
    changeContact(name, wire::ContactAction::Block, context, std::move(done));
}

void LocalEngine::markVerified(const QString &name, QObject *context, Done done)
{
    post([name, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.markVerified(name, done);
    });
}

void LocalEngine::trustDevice(const QString &name, const DeviceId &device, QObject *context,
                              Done done)
{
    post([name, device, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.trustDevice(name, device, done);
    });
}

void LocalEngine::revokeOwnDevice(const DeviceId &device, QObject *context, Done done)
{
    post([device, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.revokeOwnDevice(device, done);
    });
}

void LocalEngine::setContactRule(const QString &name, const std::optional<ContactRule> &rule,
                                 QObject *context, Done done)
{
    post([name, rule, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.setContactRule(name, rule, done);
    });
}

TransferId LocalEngine::send(const SendRequest &request)
{
    const auto id = request.queued.value_or(randomId<TransferId>());
    post([id, request](EngineCore &core) { core.send(id, request); });
    return id;
}

void LocalEngine::setReceiving(std::optional<ReceiveOptions> options)
{
    post([options](EngineCore &core) { core.setReceiving(options); });
}

void LocalEngine::acceptOffer(const TransferId &id, const AcceptTerms &terms)
{
    post([id, terms](EngineCore &core) { core.acceptOffer(id, terms); });
}

void LocalEngine::declineOffer(const TransferId &id)
{
    post([id](EngineCore &core) { core.declineOffer(id); });
}

void LocalEngine::cancelTransfer(const TransferId &id)
{
    post([id](EngineCore &core) { core.cancelTransfer(id); });
}

void LocalEngine::pauseTransfer(const TransferId &id)
{
    post([id](EngineCore &core) { core.pauseTransfer(id); });
}

void LocalEngine::resumeTransfer(const TransferId &id)
{
    post([id](EngineCore &core) { core.resumeTransfer(id); });
}

void LocalEngine::retryTransfer(const TransferId &id)
{
    post([id](EngineCore &core) { core.retryTransfer(id); });
}

void LocalEngine::moveTransfer(const TransferId &id, int place)
{
    post([id, place](EngineCore &core) { core.moveTransfer(id, place); });
}

void LocalEngine::listQueue(QObject *context, QueueDone done)
{
    post([done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.listQueue(done);
    });
}

void LocalEngine::moveInQueue(const TransferId &id, int place, QObject *context, Done done)
{
    post([id, place, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.moveInQueue(id, place, done);
    });
}

void LocalEngine::dropFromQueue(const TransferId &id, QObject *context, Done done)
{
    post([id, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.dropFromQueue(id, done);
    });
}

void LocalEngine::setTransferLimit(const TransferId &id, qint64 bytesPerSecond)
{
    post([id, bytesPerSecond](EngineCore &core) { core.setTransferLimit(id, bytesPerSecond); });
}

void LocalEngine::setRateLimits(const RateLimits &limits)
{
    post([limits](EngineCore &core) { core.setRateLimits(limits); });
}

void LocalEngine::searchHistory(const HistoryQuery &query, QObject *context, HistoryDone done)
{
    post([query, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.searchHistory(query, done);
    });
}

void LocalEngine::historyFiles(const HistoryFilesQuery &query, QObject *context,
                               HistoryFilesDone done)
{
    post([query, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.historyFiles(query, done);
    });
}

void LocalEngine::hashFile(const QString &path, QObject *context, HashDone done)
{
    post([path, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.hashFile(path, done);
    });
}

void LocalEngine::exportHistory(const QString &file, QObject *context, Done done)
{
    post([file, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.exportHistory(file, done);
    });
}

void LocalEngine::clearHistory(qint64 key, QObject *context, Done done)
{
    post([key, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.clearHistory(key, done);
    });
}

void LocalEngine::measureNetwork(NetworkMeasurement measurement, QObject *context, NetworkDone done)
{
    post([measurement, done = inThisThread(context, std::move(done))](EngineCore &core) {
        core.measureNetwork(measurement, done);
    });
}

} // namespace postern
