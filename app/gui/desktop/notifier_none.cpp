#include "app/gui/desktop/notifier.h"

namespace postern::gui {

namespace {

class SilentNotifier : public DesktopNotifier {
public:
    void tell(const OfferInfo &) override { }
    void withdraw(const TransferId &) override { }
    void say(const Notice &) override { }
};

} // namespace

std::unique_ptr<DesktopNotifier> createDesktopNotifier()
{
    return std::make_unique<SilentNotifier>();
}

} // namespace postern::gui
