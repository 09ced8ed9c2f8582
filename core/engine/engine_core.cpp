#include "core/engine/engine_core.h"

#include "core/base/log.h"
#include "core/engine/engine_parts.h"

#include <QCoreApplication>

namespace postern {

EngineCore::EngineCore(EngineOptions options, EngineEvents events)
    : m_options(std::move(options))
    , m_events(std::move(events))
{
}

EngineCore::~EngineCore() = default;

std::optional<Account> EngineCore::storedAccount(const EngineOptions &options)
{
    const auto profile = Profile::open(options.profile);
    if (!profile)
        return std::nullopt;
    const auto stored = profile->account();
    if (!stored || !*stored)
        return std::nullopt;
    return Account{(*stored)->server, (*stored)->user};
}

EngineParts &EngineCore::parts()
{
    if (!m_parts)
        m_parts = std::make_unique<EngineParts>(m_options, m_events);
    return *m_parts;
}

/// The parts go while the thread's loop still runs, so that what they leave to it for deletion
/// is deleted; only then does the loop end.
void EngineCore::shutDown(std::function<void()> done)
{
    const auto drop = [this, done] {
        m_parts.reset();
        QMetaObject::invokeMethod(this, done, Qt::QueuedConnection);
    };
    if (m_parts)
        m_parts->shutDown(
            [this, drop] { QMetaObject::invokeMethod(this, drop, Qt::QueuedConnection); });
    else
        done();
}

void EngineCore::registerAccount(const Account &account, const QString &password,
                                 const QString &invite, Done done)
{
    parts().account.registerAccount(account, password, invite, std::move(done));
}

void EngineCore::signIn(const Account &account, const QString &password, Done done)
{
    parts().account.signIn(account, password, std::move(done));
}

void EngineCore::connectStored(Done done) { parts().account.connectStored(std::move(done)); }

void EngineCore::signOut(Done done) { parts().account.signOut(std::move(done)); }

void EngineCore::retrySecrets(Done done) { parts().account.retrySecrets(std::move(done)); }

void EngineCore::useSessionOnlySecrets(Done done)
{
    parts().account.useSessionOnlySecrets(std::move(done));
}

void EngineCore::changeContact(const QString &name, wire::ContactAction action, Done done)
{
    parts().changeContact(name, action, std::move(done));
}

void EngineCore::markVerified(const QString &name, Done done)
{
    done(parts().contacts.markVerified(name));
    parts().contactsChanged();
}

void EngineCore::trustDevice(const QString &name, const DeviceId &device, Done done)
{
    done(parts().contacts.trustDevice(name, device));
    parts().contactsChanged();
}

void EngineCore::revokeOwnDevice(const DeviceId &device, Done done)
{
    parts().client.revokeDevice(device, std::move(done));
}

void EngineCore::send(const TransferId &id, const SendRequest &request)
{
    parts().transfers.send(id, request);
}

void EngineCore::setReceiving(std::optional<ReceiveOptions> options)
{
    parts().transfers.setReceiving(std::move(options));
    parts().client.setReceiving(parts().transfers.isReceiving());
}

void EngineCore::acceptOffer(const TransferId &id, const AcceptTerms &terms)
{
    parts().transfers.acceptOffer(id, terms);
}

void EngineCore::declineOffer(const TransferId &id) { parts().transfers.declineOffer(id); }

void EngineCore::cancelTransfer(const TransferId &id) { parts().transfers.cancel(id); }

void EngineCore::pauseTransfer(const TransferId &id) { parts().transfers.setPaused(id, true); }

void EngineCore::resumeTransfer(const TransferId &id) { parts().transfers.setPaused(id, false); }

void EngineCore::retryTransfer(const TransferId &id) { parts().transfers.retry(id); }

void EngineCore::moveTransfer(const TransferId &id, int place)
{
    parts().transfers.move(id, place);
}

void EngineCore::listQueue(QueueDone done) { parts().queue.list(std::move(done)); }

void EngineCore::moveInQueue(const TransferId &id, int place, Done done)
{
    parts().queue.move(id, place, std::move(done));
}

void EngineCore::dropFromQueue(const TransferId &id, Done done)
{
    parts().queue.drop(id, std::move(done));
}

void EngineCore::setTransferLimit(const TransferId &id, qint64 bytesPerSecond)
{
    parts().transfers.setLimit(id, bytesPerSecond);
}

void EngineCore::setRateLimits(const RateLimits &limits)
{
    parts().transfers.setRateLimits(limits);
}

void EngineCore::setContactRule(const QString &name, const std::optional<ContactRule> &rule,
                                Done done)
{
    done(parts().setContactRule(name, rule));
}

void EngineCore::searchHistory(const HistoryQuery &query, HistoryDone done)
{
    parts().history.search(query, std::move(done));
}

void EngineCore::historyFiles(const HistoryFilesQuery &query, HistoryFilesDone done)
{
    parts().history.files(query, std::move(done));
}

void EngineCore::hashFile(const QString &path, HashDone done)
{
    parts().history.hash(path, std::move(done));
}

void EngineCore::exportHistory(const QString &file, Done done)
{
    parts().history.exportTo(file, std::move(done));
}

void EngineCore::clearHistory(qint64 key, Done done)
{
    parts().history.clear(key, std::move(done));
}

void EngineCore::measureNetwork(NetworkMeasurement measurement, NetworkDone done)
{
    parts().measureNetwork(measurement, std::move(done));
}

} // namespace postern
