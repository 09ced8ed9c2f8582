// The plan in words: for people, and stable names.

#include "core/nat/pairing.h"

#include <QCoreApplication>

namespace postern::nat {

namespace {

QString tr(const char *text) { return QCoreApplication::translate("Pairing", text); }

QString percentOf(double probability)
{
    if (probability < 0.01)
        return tr("less than 1%");
    if (probability > 0.99)
        return tr("more than 99%");
    return tr("about %1%").arg(qRound(100 * probability));
}

QString blockedReason(bool oursBlocked, bool theirsBlocked)
{
    if (oursBlocked && theirsBlocked)
        return tr("Both networks block UDP.");
    return oursBlocked ? tr("Your network blocks UDP.") : tr("Their network blocks UDP.");
}

QString sentence(QString clause)
{
    if (!clause.isEmpty())
        clause[0] = clause[0].toUpper();
    return clause + QLatin1Char('.');
}

QString wayReason(const Step &step)
{
    const Share &controlling = step.controlling;
    const Share &controlled = step.controlled;
    const int probes = std::max(controlling.probes, controlled.probes);
    if (step.way == Way::Predict)
        return tr("The ports follow each other, so the next ones can be told ahead.");
    return tr("Up to %1 ports are guessed; the chance to meet is %2.")
        .arg(probes)
        .arg(percentOf(step.probability));
}

} // namespace

QString wayName(Way way)
{
    switch (way) {
    case Way::Punch: return QStringLiteral("punch");
    case Way::FreshPorts: return QStringLiteral("fresh-ports");
    case Way::Predict: return QStringLiteral("predict");
    case Way::Birthday: return QStringLiteral("birthday");
    case Way::Relay:
    case Way::COUNT: break;
    }
    return QStringLiteral("relay");
}

QString habitOf(const Plan &plan, bool weControl)
{
    const Stance ours = weControl ? plan.controlling : plan.controlled;
    const Stance theirs = weControl ? plan.controlled : plan.controlling;
    if (ours == Stance::Public || theirs == Stance::Public)
        return ours == Stance::Public ? tr("your computer can be reached from anywhere")
                                      : tr("their computer can be reached from anywhere");
    if (isSymmetric(ours) && isSymmetric(theirs))
        return ours == Stance::SymmetricRandom && theirs == Stance::SymmetricRandom
            ? tr("both routers choose ports at random")
            : tr("both routers give each destination a new port");
    if (isSymmetric(ours) || isSymmetric(theirs))
        return isSymmetric(ours) ? tr("your router gives each destination a new port")
                                 : tr("their router gives each destination a new port");
    if (ours == Stance::Unknown || theirs == Stance::Unknown)
        return {};
    return tr("both routers keep one port for all destinations");
}

QString reasonFor(const Plan &plan, bool weControl)
{
    const Stance ours = weControl ? plan.controlling : plan.controlled;
    const Stance theirs = weControl ? plan.controlled : plan.controlling;
    if (ours == Stance::Blocked || theirs == Stance::Blocked)
        return blockedReason(ours == Stance::Blocked, theirs == Stance::Blocked);
    const QString habit = habitOf(plan, weControl);
    if (habit.isEmpty())
        return ours == Stance::Unknown ? tr("What your network does to packets is not known yet.")
                                       : tr("What their network does to packets is not known.");
    if (!plan.isDirectWorthTrying())
        return sentence(habit) + QLatin1Char(' ')
            + tr("A direct path has %1 chance.").arg(percentOf(plan.directProbability));
    const Step &first = plan.steps.first();
    if (first.way == Way::Predict || first.way == Way::Birthday)
        return sentence(habit) + QLatin1Char(' ') + wayReason(first);
    if (ours != Stance::Public && theirs != Stance::Public
        && (isSymmetric(ours) || isSymmetric(theirs)))
        return sentence(habit) + QLatin1Char(' ')
            + (isSymmetric(ours) ? tr("Theirs lets any port of yours in.")
                                 : tr("Yours lets any port of theirs in."));
    return sentence(habit);
}

QString stanceName(Stance stance)
{
    switch (stance) {
    case Stance::Public: return QStringLiteral("public");
    case Stance::FullCone: return QStringLiteral("full-cone");
    case Stance::RestrictedCone: return QStringLiteral("restricted-cone");
    case Stance::PortRestrictedCone: return QStringLiteral("port-restricted-cone");
    case Stance::SymmetricOpen: return QStringLiteral("symmetric-open");
    case Stance::SymmetricSequential: return QStringLiteral("symmetric-sequential");
    case Stance::SymmetricRandom: return QStringLiteral("symmetric-random");
    case Stance::Blocked: return QStringLiteral("blocked");
    case Stance::Unknown:
    case Stance::COUNT: break;
    }
    return QStringLiteral("unknown");
}

} // namespace postern::nat
