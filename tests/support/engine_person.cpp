#include "tests/support/engine_person.h"

#include <QDir>
#include <QFile>
#include <QRandomGenerator>

namespace postern {

namespace {
const QString PASSWORD = QStringLiteral("correct horse battery");
}

EnginePerson::EnginePerson(const QString &name)
    : m_name(name)
{
    QDir().mkpath(inbox());
    restart();
}

void EnginePerson::restart()
{
    m_engine.reset();
    EngineOptions options;
    options.profile = profile();
    options.secrets = SecretsMode::File;
    options.port = 0;
    options.deviceName = m_name + QStringLiteral("'s computer");
    m_engine = createEngine(options);
    QObject::connect(m_engine.get(), &Engine::offerReceived, &m_context,
                     [this](const OfferInfo &offer) { m_offers.append(offer); });
}

Result<void> EnginePerson::await(const Call &call)
{
    std::optional<Result<void>> result;
    call(&m_context, [&result](Result<void> r) { result = std::move(r); });
    if (!QTest::qWaitFor([&result] { return result.has_value(); }, PATIENCE_MS))
        return {ErrorCode::Timeout, QStringLiteral("the engine did not answer")};
    return *result;
}

Result<void> EnginePerson::registerAt(const RendezvousProcess &server)
{
    return await([&](QObject *context, Engine::Done done) {
        m_engine->registerAccount({server.address(), m_name}, PASSWORD, {}, context, done);
    });
}

Result<void> EnginePerson::signInAt(const RendezvousProcess &server, const QString &password)
{
    return await([&](QObject *context, Engine::Done done) {
        m_engine->signIn({server.address(), m_name}, password.isNull() ? PASSWORD : password,
                         context, done);
    });
}

Result<void> EnginePerson::connectAgain()
{
    return await(
        [&](QObject *context, Engine::Done done) { m_engine->connectStored(context, done); });
}

Result<void> EnginePerson::add(const QString &name)
{
    return await(
        [&](QObject *context, Engine::Done done) { m_engine->addContact(name, context, done); });
}

Result<void> EnginePerson::accept(const QString &name)
{
    return await(
        [&](QObject *context, Engine::Done done) { m_engine->acceptContact(name, context, done); });
}

bool EnginePerson::waitUntilReceives(const QString &name)
{
    return QTest::qWaitFor(
        [&] {
            const auto found = contact(name);
            return found && found->receiving();
        },
        PATIENCE_MS);
}

TransferId EnginePerson::send(const QStringList &paths, const QString &to, PathPreference path)
{
    SendRequest request;
    request.paths = paths;
    request.contact = to;
    request.path = path;
    return m_engine->send(request);
}

TransferInfo EnginePerson::waitFor(const TransferId &id,
                                   const std::function<bool(const TransferInfo &)> &enough)
{
    (void)QTest::qWaitFor(
        [&] {
            const auto found = transfer(id);
            return found && enough(*found);
        },
        3 * PATIENCE_MS);
    return transfer(id).value_or(TransferInfo());
}

TransferInfo EnginePerson::waitForEnd(const TransferId &id)
{
    return waitFor(id, [](const TransferInfo &transfer) { return transfer.finished(); });
}

std::optional<TransferInfo> EnginePerson::transfer(const TransferId &id) const
{
    for (const auto &transfer : m_engine->transfers())
        if (transfer.id == id)
            return transfer;
    return std::nullopt;
}

std::optional<ContactInfo> EnginePerson::contact(const QString &name) const
{
    for (const auto &contact : m_engine->contacts())
        if (contact.name == name)
            return contact;
    return std::nullopt;
}

std::optional<OfferInfo> EnginePerson::waitForOffer()
{
    if (!QTest::qWaitFor([this] { return !m_offers.isEmpty(); }, PATIENCE_MS))
        return std::nullopt;
    return m_offers.takeFirst();
}

QString EnginePerson::makeFile(const QString &name, qint64 bytes)
{
    const QString path = m_folder.filePath(name);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly))
        return {};
    QByteArray block(64 * 1024, Qt::Uninitialized);
    for (qint64 left = bytes; left > 0; left -= block.size()) {
        block.resize(std::min<qint64>(left, block.size()));
        QRandomGenerator::global()->generate(block.begin(), block.end());
        file.write(block);
    }
    return path;
}

QStringList EnginePerson::inboxNames() const
{
    return QDir(inbox()).entryList(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot);
}

QByteArray EnginePerson::contentOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool introduce(const RendezvousProcess &server, EnginePerson &anna, EnginePerson &bob)
{
    if (!anna.registerAt(server) || !bob.registerAt(server) || !anna.add(bob.name())
        || !bob.accept(anna.name()))
        return false;
    bob.receive(AcceptPolicy::Contacts);
    return anna.waitUntilReceives(bob.name());
}

} // namespace postern
