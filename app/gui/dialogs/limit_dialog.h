#pragma once
// Asks for the highest speed of one transfer. Thread: GUI.

#include <QDialog>

namespace postern::gui {

class RateField;

class LimitDialog : public QDialog {
    Q_OBJECT

public:
    LimitDialog(const QString &title, qint64 bytesPerSecond, QWidget *parent = nullptr);

    RateField *field() const { return m_rate; }

signals:
    void limitWanted(qint64 bytesPerSecond); ///< 0: none

private:
    RateField *m_rate;
};

} // namespace postern::gui
