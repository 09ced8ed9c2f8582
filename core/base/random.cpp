#include "core/base/random.h"

#include <QRandomGenerator>

#include <cstring>
#include <memory>
#include <random>

namespace postern {

void fillRandom(MutableByteView out)
{
    auto *source = QRandomGenerator::system();
    std::size_t done = 0;
    while (done < out.size()) {
        const quint32 word = source->generate();
        const std::size_t take = std::min(sizeof word, out.size() - done);
        std::memcpy(out.data() + done, &word, take);
        done += take;
    }
}

QByteArray randomBytes(qsizetype count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    fillRandom({reinterpret_cast<std::uint8_t *>(bytes.data()), static_cast<std::size_t>(count)});
    return bytes;
}

RandomSource seededRandom(std::uint64_t seed)
{
    return [engine = std::make_shared<std::mt19937_64>(seed)](MutableByteView out) {
        for (auto &byte : out)
            byte = static_cast<std::uint8_t>((*engine)());
    };
}

} // namespace postern
