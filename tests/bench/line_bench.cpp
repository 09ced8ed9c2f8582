// What one QUIC stream carries over lines of known rate, delay, loss and queue, in virtual time:
// its share of the link from the first packet of the handshake to the last byte, the round trip
// of an offer included. The machine that runs it changes nothing.
//
//   bench_line [--seeds N] [--line WORD] [--congestion bbr|cubic] [--trace MS]
//
// --line takes the lines whose name has the word; --trace tells every so many milliseconds what
// arrived.

#include "tests/support/quic_flow.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

using namespace postern;
using namespace postern::test;

namespace {

constexpr std::size_t MIB = 1024 * 1024;

struct Line {
    const char *name;
    std::size_t bytes;
    double mbit;
    Duration delay; ///< one way
    double loss;
    Duration lateBy;
};

constexpr std::array LINES{
    Line{"100 MiB, 200 Mbit/s, 80 ms, 1 % lost", 100 * MIB, 200, 40ms, 0.01, {}},
    Line{"100 MiB, 200 Mbit/s, 80 ms, 1 % lost, turns 5 ms late", 100 * MIB, 200, 40ms, 0.01, 5ms},
    Line{"1 GiB, 200 Mbit/s, 80 ms, 1 % lost", 1024 * MIB, 200, 40ms, 0.01, {}},
    Line{"600 MiB, 1 Gbit/s, 200 ms", 600 * MIB, 1000, 100ms, 0, {}},
    Line{"100 MiB, 100 Mbit/s, 20 ms", 100 * MIB, 100, 10ms, 0, {}},
    Line{"5 MiB, 2 Mbit/s, 40 ms", 5 * MIB, 2, 20ms, 0, {}},
};

class Transfer {
public:
    Transfer(const Line &line, std::uint64_t seed, Congestion congestion)
        : m_line(line)
        , m_quic(linkOf(line, seed), matching(), optionsFor(line, congestion))
    {
    }

    /// Seconds from the first packet to the last byte; none if something never came.
    std::optional<double> run(Duration trace)
    {
        if (!m_quic.run([&] { return m_quic.a.machine->isEstablished(); }, 10s)
            || !offerAndAccept(m_quic, m_line.bytes))
            return std::nullopt;
        attach(m_quic, m_flows);
        const Flow &flow = *m_flows.emplace_back(std::make_unique<Flow>(m_quic, m_line.bytes));
        Duration told{};
        const bool done = m_quic.run(
            [&] {
                if (trace > Duration::zero() && m_quic.elapsed() >= told + trace)
                    tell(std::exchange(told, m_quic.elapsed()));
                return flow.complete();
            },
            3600s);
        return done && flow.intact
            ? std::optional(std::chrono::duration<double>(m_quic.elapsed()).count())
            : std::nullopt;
    }
    std::size_t datagrams() const { return m_quic.a.datagramsSent; }

private:
    static LinkOptions linkOf(const Line &line, std::uint64_t seed)
    {
        LinkOptions link;
        link.bytesPerSecond = line.mbit * 1e6 / 8;
        link.delay = line.delay;
        link.loss = line.loss;
        link.lateBy = line.lateBy;
        link.seed = seed;
        return link;
    }
    static QuicOptions optionsFor(const Line &line, Congestion congestion)
    {
        QuicOptions options;
        options.roundTrip = 2 * line.delay; // the search measured it
        options.congestion = congestion;
        return options;
    }

    void tell(Duration since)
    {
        const double span = std::chrono::duration<double>(m_quic.elapsed() - since).count();
        const std::size_t all = m_flows.front()->got;
        const std::size_t got = all - std::exchange(m_toldGot, all);
        const std::size_t sent = datagrams() - std::exchange(m_toldSent, datagrams());
        QTextStream(stdout) << QStringLiteral("  %1 s: %2 Mbit/s came, %3 datagrams/s left\n")
                                   .arg(std::chrono::duration<double>(m_quic.elapsed()).count(), 6,
                                        'f', 2)
                                   .arg(static_cast<double>(got) * 8e-6 / span, 7, 'f', 1)
                                   .arg(static_cast<double>(sent) / span, 7, 'f', 0);
    }

    const Line &m_line;
    VirtualQuic m_quic;
    std::vector<std::unique_ptr<Flow>> m_flows;
    std::size_t m_toldGot = 0;
    std::size_t m_toldSent = 0;
};

void measure(const Line &line, int seeds, Congestion congestion, Duration trace)
{
    double sum = 0;
    double least = 1;
    std::size_t datagrams = 0;
    for (int seed = 1; seed <= seeds; ++seed) {
        Transfer transfer(line, static_cast<std::uint64_t>(seed), congestion);
        const std::optional<double> seconds = transfer.run(trace);
        const double share =
            seconds ? static_cast<double>(line.bytes) * 8e-6 / line.mbit / *seconds : 0;
        sum += share;
        least = std::min(least, share);
        datagrams += transfer.datagrams();
    }
    const double needed = static_cast<double>(line.bytes) / 1410 * seeds;
    QTextStream(stdout) << QStringLiteral("| %1 | %2 % | %3 % | %4 |\n")
                               .arg(line.name)
                               .arg(sum / seeds * 100, 0, 'f', 1)
                               .arg(least * 100, 0, 'f', 1)
                               .arg(static_cast<double>(datagrams) / needed, 0, 'f', 2);
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({QStringLiteral("seeds"), {}, QStringLiteral("N"), QStringLiteral("4")});
    parser.addOption({QStringLiteral("line"), {}, QStringLiteral("WORD")});
    parser.addOption(
        {QStringLiteral("congestion"), {}, QStringLiteral("NAME"), QStringLiteral("bbr")});
    parser.addOption({QStringLiteral("trace"), {}, QStringLiteral("MS"), QStringLiteral("0")});
    parser.process(app);
    const Congestion congestion =
        parser.value(QStringLiteral("congestion")) == QLatin1String("cubic") ? Congestion::Cubic
                                                                             : Congestion::Bbr;
    QTextStream(stdout)
        << "| line | share of the link, mean | least | packets, of what is needed |\n"
           "| --- | --- | --- | --- |\n";
    for (const Line &line : LINES)
        if (QLatin1String(line.name).contains(parser.value(QStringLiteral("line"))))
            measure(line, parser.value(QStringLiteral("seeds")).toInt(), congestion,
                    std::chrono::milliseconds(parser.value(QStringLiteral("trace")).toInt()));
    return 0;
}
