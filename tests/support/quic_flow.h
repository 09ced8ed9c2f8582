#pragma once
// What the tests of QUIC in virtual time share: keys that match, a seed that is told, and a
// flow of bytes that are checked.

#include "tests/support/channel_pair.h"
#include "tests/support/virtual_quic.h"

#include <QDebug>

#include <random>

namespace postern::test {

inline VirtualQuic::Keys matching() { return {keyOfA(), keyOfB(), keyOfB().id(), keyOfA().id()}; }

inline std::uint64_t seedOfRun()
{
    bool given = false;
    const auto fromEnvironment = qEnvironmentVariable("POSTERN_SEED").toULongLong(&given);
    const std::uint64_t seed =
        given ? fromEnvironment : std::random_device()() & std::uint64_t{0xffffff};
    qInfo("seed %llu (POSTERN_SEED repeats it)", static_cast<unsigned long long>(seed));
    return seed;
}

inline bool established(const VirtualQuic &quic)
{
    return quic.a.machine->isEstablished() && quic.b.machine->isEstablished();
}

inline constexpr std::size_t BLOCK = 256 * 1024; ///< what writers write at a time

inline char byteAt(std::size_t offset) { return static_cast<char>((offset * 131) >> 7); }

/// A sends `total` bytes on one stream; B checks each and consumes it.
class Flow {
public:
    Flow(VirtualQuic &quic, std::size_t total, std::size_t firstByte = 0)
        : m_quic(quic)
        , m_total(total)
        , m_firstByte(firstByte)
        , stream(*quic.a.machine->openStream())
    {
        feed();
    }

    void feed()
    {
        QuicConnection &machine = *m_quic.a.machine;
        while (m_written < m_total && machine.writableBytes(stream) > 0) {
            const std::size_t size = std::min(m_total - m_written, BLOCK);
            QByteArray block(static_cast<qsizetype>(size), Qt::Uninitialized);
            for (std::size_t i = 0; i < size; ++i)
                block[static_cast<qsizetype>(i)] = byteAt(m_firstByte + m_written + i);
            machine.write(stream, block);
            m_written += size;
        }
        if (m_written == m_total && !std::exchange(m_finished, true))
            machine.finish(stream);
    }

    void take(ByteView bytes, bool end)
    {
        if (got == 0 && widens)
            m_quic.b.machine->widen(stream, STREAM_WINDOW_BYTES);
        for (const std::uint8_t byte : bytes)
            intact = intact && static_cast<char>(byte) == byteAt(m_firstByte + got++);
        ended = ended || end;
        if (consumes)
            m_quic.b.machine->consume(stream, bytes.size());
    }
    std::size_t written() const { return m_written; }
    bool complete() const { return ended && got == m_total; }

private:
    VirtualQuic &m_quic;
    std::size_t m_total;
    std::size_t m_firstByte;
    std::size_t m_written = 0;
    bool m_finished = false;

public:
    StreamId stream;
    std::size_t got = 0;
    bool intact = true;
    bool ended = false;
    bool consumes = true;
    bool widens = true;
};

/// The round trip before the data of a transfer; what A says fits a packet.
inline bool offerAndAccept(VirtualQuic &quic, std::uint64_t total)
{
    const StreamId control = *quic.a.machine->openStream();
    bool accepted = false;
    quic.a.onEvent = [&](const QuicEvent &event, ByteView) {
        accepted = accepted || event.kind == QuicEvent::Kind::Data;
    };
    quic.b.onEvent = [&](const QuicEvent &event, ByteView) {
        if (event.kind == QuicEvent::Kind::Data)
            quic.b.machine->write(event.stream, "accepted");
    };
    quic.a.machine->write(control, "offered");
    quic.a.machine->expectData(total);
    quic.pump(quic.a);
    const bool done = quic.run([&] { return accepted; }, 10s);
    quic.a.onEvent = quic.b.onEvent = nullptr;
    return done;
}

/// Wires events to the flow they belong to.
inline void attach(VirtualQuic &quic, std::vector<std::unique_ptr<Flow>> &flows)
{
    quic.a.onEvent = [&flows](const QuicEvent &event, ByteView) {
        for (const auto &flow : flows)
            if (event.kind == QuicEvent::Kind::Writable && flow->stream == event.stream)
                flow->feed();
    };
    quic.b.onEvent = [&flows](const QuicEvent &event, ByteView bytes) {
        for (const auto &flow : flows)
            if (event.kind == QuicEvent::Kind::Data && flow->stream == event.stream)
                flow->take(bytes, event.finished);
    };
}

} // namespace postern::test
