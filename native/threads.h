#pragma once

#include <cstdint>
#include <functional>

namespace hpl {

/**
 * Calls `work(begin, end)` for ranges that together cover 0 to `count`, on all threads. `cost` is the work of one item
 * in elements read or written: small work stays on the calling thread. Returns when all is done.
 */
void parallelFor(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& work);

/**
 * The same for single numbers, in ranges that are whole vectors but for the last: what is left over of a vector is
 * rounded otherwise by some functions, and must not depend on how many threads were free.
 */
void parallelForNumbers(int64_t count, int64_t cost, const std::function<void(int64_t, int64_t)>& work);

}  // namespace hpl
