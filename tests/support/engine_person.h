#pragma once
// A person with a real engine of their own: a profile in a temporary folder, a folder to
// receive into, and waits that end when something has happened (never after a fixed time).

#include "core/engine.h"
#include "tests/support/rendezvous_process.h"

#include <QTemporaryDir>
#include <QTest>

#include <memory>

namespace postern {

class EnginePerson {
public:
    static constexpr int PATIENCE_MS = 20'000;

    explicit EnginePerson(const QString &name);

    /// A fresh engine on the profile, as after a new start of the program.
    void restart();
    void quit() { m_engine.reset(); }

    Result<void> registerAt(const RendezvousProcess &server);
    Result<void> signInAt(const RendezvousProcess &server, const QString &password);
    Result<void> connectAgain();
    Result<void> add(const QString &name);
    Result<void> accept(const QString &name);
    /// Takes what contacts send, or asks, or neither; waits for nothing.
    void receive(AcceptPolicy policy) { m_engine->setReceiving(ReceiveOptions{inbox(), policy}); }

    bool waitUntilReceives(const QString &contact);
    TransferId send(const QStringList &paths, const QString &to,
                    PathPreference path = PathPreference::Auto);
    /// The transfer once `enough` is true of it, or as it is when patience ends.
    TransferInfo waitFor(const TransferId &id,
                         const std::function<bool(const TransferInfo &)> &enough);
    TransferInfo waitForEnd(const TransferId &id);
    std::optional<TransferInfo> transfer(const TransferId &id) const;
    std::optional<ContactInfo> contact(const QString &name) const;
    /// The next offer that asks, within the patience.
    std::optional<OfferInfo> waitForOffer();

    QString makeFile(const QString &name, qint64 bytes);
    QString inbox() const { return m_folder.filePath(QStringLiteral("inbox")); }
    QString profile() const { return m_folder.filePath(QStringLiteral("profile")); }
    QString folder() const { return m_folder.path(); }
    QStringList inboxNames() const; ///< everything in it, hidden things too
    Engine &engine() { return *m_engine; }
    const QString &name() const { return m_name; }

    static QByteArray contentOf(const QString &path);

private:
    using Call = std::function<void(QObject *, Engine::Done)>;
    Result<void> await(const Call &call);

    QString m_name;
    QTemporaryDir m_folder;
    std::unique_ptr<Engine> m_engine;
    QObject m_context;
    QList<OfferInfo> m_offers;
};

/// Registers both and makes them contacts of each other; the second receives from contacts.
[[nodiscard]] bool introduce(const RendezvousProcess &server, EnginePerson &anna,
                             EnginePerson &bob);

} // namespace postern
