// The device key: made, stored, loaded, signing; what a hostile key or certificate looks like.

#include "core/identity/device_key.h"

#include <QCryptographicHash>
#include <QSslCertificate>
#include <QSslKey>
#include <QTest>

using namespace postern;

namespace {

/// An RSA public key: what another program may present. Made with `openssl genrsa 1024`.
const char RSA_SPKI[] =
    "30819f300d06092a864886f70d010101050003818d0030818902818100b58f23230d0e9728019ac6889099489f"
    "ec6f5427d35dcc6d110af56d3a2da64094469e3699582a0616151b699969e1d7599d3a0bf7fe3a3f3f0d6074dd"
    "3d4da3bc2e781aff4a9eba634753adb727c10a7fec31b1f2b58ddd0cf70a960c3a7d59e9e060512138b9f31eb5"
    "ee48bd02bad1e498bb57ec2ab1c442aa3a392a6fe5b10203010001";

} // namespace

class IdentityKeyTest : public QObject {
    Q_OBJECT

private slots:
    void survivesStorage()
    {
        const auto key = DeviceKey::generate();
        QVERIFY(key.ok());
        const auto loaded = DeviceKey::fromPkcs8(key->pkcs8());
        QVERIFY(loaded.ok());
        QCOMPARE(loaded->id(), key->id());
        QCOMPARE(loaded->publicKey(), key->publicKey());
        QCOMPARE(loaded->pkcs8(), key->pkcs8());
    }

    void everyKeyIsAnother()
    {
        QVERIFY(DeviceKey::generate()->id() != DeviceKey::generate()->id());
    }

    void idIsHashOfPublicKey()
    {
        const auto key = DeviceKey::generate();
        QCOMPARE(key->publicKey().size(), 91);
        QCOMPARE(key->id().toByteArray(),
                 QCryptographicHash::hash(key->publicKey(), QCryptographicHash::Sha256));
        QCOMPARE(deviceIdOfPublicKey(key->publicKey()).value(), key->id());
        QCOMPARE(deviceIdOfCertificate(key->certificate()).value(), key->id());
    }

    void signsAndVerifies()
    {
        const auto key = DeviceKey::generate();
        const auto signature = key->sign("challenge");
        QVERIFY(signature.ok());
        QVERIFY(verifySignature(key->publicKey(), "challenge", *signature));
        QVERIFY(!verifySignature(key->publicKey(), "challengf", *signature));
        QVERIFY(!verifySignature(DeviceKey::generate()->publicKey(), "challenge", *signature));
        QVERIFY(!verifySignature(key->publicKey(), "challenge", signature->left(20)));
        QVERIFY(!verifySignature({}, "challenge", *signature));
    }

    void certificateIsReadByAnotherLibrary()
    {
        const auto key = DeviceKey::generate();
        const QSslCertificate certificate(key->certificate(), QSsl::Der);
        QVERIFY(!certificate.isNull());
        QCOMPARE(certificate.subjectInfo(QSslCertificate::CommonName).value(0),
                 QStringLiteral("postern device"));
        QCOMPARE(certificate.publicKey().algorithm(), QSsl::Ec);
        QVERIFY(certificate.isSelfSigned());
        QVERIFY(certificate.effectiveDate() < QDateTime::currentDateTimeUtc());
        QVERIFY(certificate.expiryDate() > QDateTime::currentDateTimeUtc().addYears(50));
    }

    void refusesForeignPublicKeys_data()
    {
        QTest::addColumn<QByteArray>("der");
        const QByteArray good = DeviceKey::generate()->publicKey();
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("cut") << good.left(90);
        QTest::newRow("trailing byte") << good + 'x';
        QTest::newRow("rsa") << QByteArray::fromHex(RSA_SPKI);
        QByteArray offCurve = good;
        offCurve[80] = static_cast<char>(offCurve[80] ^ 1);
        QTest::newRow("point not on the curve") << offCurve;
        // The same point, compressed: a second form would give one key two ids.
        QByteArray compressed = good.left(27 + 32);
        compressed[1] = 0x39;
        compressed[24] = 0x22;
        compressed[26] = static_cast<char>(0x02 | (good.back() & 1));
        QTest::newRow("compressed point") << compressed;
    }
    void refusesForeignPublicKeys()
    {
        QFETCH(QByteArray, der);
        const auto id = deviceIdOfPublicKey(der);
        QVERIFY(!id.ok());
        QCOMPARE(id.error().code, ErrorCode::Protocol);
    }

    void refusesDamagedPrivateKeys_data()
    {
        QTest::addColumn<QByteArray>("der");
        const QByteArray good = DeviceKey::generate()->pkcs8();
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("text") << QByteArray("not a key");
        QTest::newRow("cut in half") << good.left(good.size() / 2);
        QTest::newRow("public key in its place") << DeviceKey::generate()->publicKey();
    }
    void refusesDamagedPrivateKeys()
    {
        QFETCH(QByteArray, der);
        const auto key = DeviceKey::fromPkcs8(der);
        QVERIFY(!key.ok());
        QCOMPARE(key.error().code, ErrorCode::Corrupt);
    }

    void refusesDamagedCertificates()
    {
        const QByteArray good = DeviceKey::generate()->certificate();
        QVERIFY(!deviceIdOfCertificate({}).ok());
        QVERIFY(!deviceIdOfCertificate(good.left(good.size() - 1)).ok());
        QVERIFY(!deviceIdOfCertificate(QByteArray(good.size(), 'A')).ok());
    }

    void wipesOnlyWhatIsItsOwn()
    {
        QByteArray secret("secret bytes");
        secret.detach();
        const QByteArray shared = secret;
        wipe(secret);
        QVERIFY(secret.isEmpty());
        QCOMPARE(shared, QByteArray("secret bytes"));
    }
};

QTEST_GUILESS_MAIN(IdentityKeyTest)
#include "identity_key_test.moc"
