#include "app/gui/widgets/rate_field.h"

#include <cmath>

namespace postern::gui {

namespace {
constexpr double MEGABYTE = 1e6;
constexpr double HIGHEST = 100'000; ///< MB/s, above any line there is
} // namespace

RateField::RateField(QWidget *parent)
    : QDoubleSpinBox(parent)
{
    setDecimals(2);
    setRange(0, HIGHEST);
    setSpecialValueText(tr("no limit"));
    setSuffix(tr(" MB/s"));
    setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
}

qint64 RateField::bytesPerSecond() const { return std::llround(value() * MEGABYTE); }

void RateField::setBytesPerSecond(qint64 rate) { setValue(static_cast<double>(rate) / MEGABYTE); }

QString RateField::textFromValue(double value) const
{
    return locale().toString(value, 'g', 8); // 5, not 5.00
}

} // namespace postern::gui
