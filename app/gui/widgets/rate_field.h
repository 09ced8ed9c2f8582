#pragma once
// A speed limit in MB/s, or none. Thread: GUI.

#include <QDoubleSpinBox>

namespace postern::gui {

class RateField : public QDoubleSpinBox {
    Q_OBJECT

public:
    explicit RateField(QWidget *parent = nullptr);

    qint64 bytesPerSecond() const; ///< 0: no limit
    void setBytesPerSecond(qint64 rate);

protected:
    QString textFromValue(double value) const override;
};

} // namespace postern::gui
