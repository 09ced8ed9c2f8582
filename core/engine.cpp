#include "core/engine.h"

#include "core/engine/local_engine.h"

namespace postern {

std::unique_ptr<Engine> createEngine(const EngineOptions &options)
{
    return std::make_unique<LocalEngine>(options);
}

} // namespace postern
