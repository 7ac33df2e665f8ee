#pragma once

#include "numbers.h"

namespace hpl {

/** weights = softmax(sign · scores) + raise, in float32. Returns the sum of exp(sign · score - the largest of these). */
template <typename T>
float softmaxRow(const T* __restrict scores, float* __restrict weights, int64_t count, float sign = 1, float raise = 0) {
  const float largest = largestOf(scores, count, sign);
  float mass = 0;
  for (int64_t i = 0; i < count; ++i) {
    weights[i] = expf(sign * widened(scores[i]) - largest);
    mass += weights[i];
  }
  const float share = 1.0f / mass;
  for (int64_t i = 0; i < count; ++i) weights[i] = weights[i] * share + raise;
  return mass;
}

/** Numbers between zeros: to[i] is `values[i - first]` from `first` to `last`, and 0 before and behind, `count` in all. */
template <typename T>
void storeBetween(const float* __restrict values, T* __restrict to, int64_t first, int64_t last, int64_t count) {
  for (int64_t i = 0; i < first; ++i) store(to[i], 0.0f);
  for (int64_t i = first; i < last; ++i) store(to[i], values[i - first]);
  for (int64_t i = last; i < count; ++i) store(to[i], 0.0f);
}

}  // namespace hpl
