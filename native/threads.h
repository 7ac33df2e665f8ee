#pragma once

#include <cstdint>
#include <functional>

namespace hpl {

/**
 * Calls `work(begin, end)` for ranges that together cover 0 to `count`, on all threads. `cost` is the work of one item
 * in elements read or written: small work stays on the calling thread. Returns when all is done.
 */
void parallelFor(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& work);

}  // namespace hpl
