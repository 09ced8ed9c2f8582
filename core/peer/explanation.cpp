#include "core/peer/explanation.h"

#include <QCoreApplication>
#include <QLocale>

namespace postern {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Explanation", text); }

/// 1,024, whatever the language of the system: sentences are English until translated.
QString grouped(int number) { return QLocale(QLocale::English).toString(number); }

QString ordinal(int number)
{
    const int tens = number % 100;
    const int ones = number % 10;
    const char *ending = "th";
    if (tens < 11 || tens > 13)
        ending = ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th";
    return grouped(number) + QLatin1String(ending);
}

/// How the ports met, as a clause; empty where there is nothing to tell.
QString meetingOf(const punch::Won &won, const nat::Plan &plan)
{
    switch (won.strategy) {
    case punch::Strategy::UdpBirthday: {
        if (won.guess > 0)
            return tr("the %1 of %2 guesses met").arg(ordinal(won.guess), grouped(won.guesses));
        int most = 0;
        for (const auto &step : plan.steps)
            most = std::max({most, step.controlling.probes, step.controlled.probes});
        return tr("one of up to %1 guesses met").arg(grouped(most));
    }
    case punch::Strategy::UdpPredict: return tr("the next port was told ahead");
    case punch::Strategy::UdpHairpin:
        return tr("both are behind one router, which leads back inside");
    case punch::Strategy::TcpSimultaneous:
        return tr("both connected to each other's router at the same moment");
    default: return {};
    }
}

PathKind kindOf(punch::PathClass pathClass)
{
    switch (pathClass) {
    case punch::PathClass::Lan: return PathKind::Lan;
    case punch::PathClass::Tcp: return PathKind::Tcp;
    case punch::PathClass::Udp: break;
    }
    return PathKind::Udp;
}

} // namespace

QString explainPath(const punch::Won &won, const nat::Plan &plan, punch::Role role)
{
    if (won.pathClass == punch::PathClass::Lan)
        return tr("Direct (LAN): both are on one local network.");
    const bool tcp = won.transport == punch::Transport::Tcp;
    if (!won.remote.address.isV4())
        return tcp ? tr("Direct (TCP): over IPv6, where no router translates addresses.")
                   : tr("Direct (UDP): over IPv6, where no router translates addresses.");
    QStringList clauses;
    if (!tcp && won.strategy != punch::Strategy::UdpHairpin)
        clauses.append(nat::habitOf(plan, role == punch::Role::Controlling));
    clauses.append(meetingOf(won, plan));
    clauses.removeAll(QString());
    const QString kind = tcp ? tr("Direct (TCP)") : tr("Direct (UDP)");
    if (clauses.isEmpty())
        return kind + QLatin1Char('.');
    return kind + QStringLiteral(": ") + clauses.join(QStringLiteral("; ")) + QLatin1Char('.');
}

QString explainRelay(const nat::Plan &plan, punch::Role role, std::uint16_t port)
{
    QString why = nat::reasonFor(plan, role == punch::Role::Controlling);
    if (!why.isEmpty())
        why[0] = why[0].toLower();
    return tr("By relay: %1 Forwarding port %2 on either router, or switching UPnP on, would make "
              "it direct.")
        .arg(why)
        .arg(port);
}

PathInfo pathOf(const punch::Won &won, const Endpoint &local, Duration elapsed,
                const nat::Plan &plan, punch::Role role)
{
    return {kindOf(won.pathClass),
            punch::strategyName(won.strategy),
            local,
            won.remote,
            std::chrono::duration_cast<std::chrono::milliseconds>(elapsed),
            explainPath(won, plan, role)};
}

} // namespace postern
