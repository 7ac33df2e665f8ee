#pragma once

#include <cstdint>
#include <cstring>

/** Declared by hand: glibc offers its vector forms to programs that give up infinities (-ffast-math) alone. */
extern "C" {
__attribute__((simd("notinbranch"))) float expf(float) noexcept;
__attribute__((simd("notinbranch"))) float logf(float) noexcept;
}

namespace hpl {

/** The upper half of a float32. */
struct bfloat16 {
  uint16_t bits;
};

inline float widened(float x) { return x; }

inline float widened(bfloat16 x) {
  const uint32_t bits = static_cast<uint32_t>(x.bits) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}

inline void store(float& place, float x) { place = x; }

/** Rounds to the nearest, ties to even. */
inline void store(bfloat16& place, float x) {
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  const uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  place.bits = static_cast<uint16_t>(x != x ? 0x7fc0 : rounded);
}

/** The largest of `sign` · x. By lanes, because a compiler keeps the order of comparisons that might meet a NaN. */
template <typename T>
float largestOf(const T* x, int64_t count, float sign = 1.0f) {
  constexpr int64_t lanes = 32;
  float largest[lanes];
  for (int64_t lane = 0; lane < lanes; ++lane) largest[lane] = sign * widened(x[0]);
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const float value = sign * widened(x[i + lane]);
      largest[lane] = largest[lane] < value ? value : largest[lane];
    }
  for (; i < count; ++i) largest[0] = largest[0] < sign * widened(x[i]) ? sign * widened(x[i]) : largest[0];
  float all = largest[0];
  for (int64_t lane = 1; lane < lanes; ++lane) all = all < largest[lane] ? largest[lane] : all;
  return all;
}

inline float logistic(float x) { return 1.0f / (1.0f + expf(-x)); }

}  // namespace hpl
