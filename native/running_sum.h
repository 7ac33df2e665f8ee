#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace hpl {

/** The sum of rows of numbers, in two levels: rounding grows with the root of what one long float32 sum would lose. */
class RunningSum {
 public:
  explicit RunningSum(int64_t columns) : recent_(columns), older_(columns), all_(columns) {}

  /** Adds `factor` · x. */
  void add(const float* x, float factor) {
    if (rows_++ % block == 0) fold(recent_.data(), older_.data());
    accumulate(x, factor, older_.data(), recent_.data(), all_.data());
  }

  void clear() {
    for (std::vector<float>* sum : {&recent_, &older_, &all_}) std::fill(sum->begin(), sum->end(), 0.0f);
    rows_ = 0;
  }

  const float* sum() const { return all_.data(); }

 private:
  static constexpr int64_t block = 64;

  void fold(float* __restrict recent, float* __restrict older) {
    for (size_t i = 0; i < recent_.size(); ++i) {
      older[i] += recent[i];
      recent[i] = 0;
    }
  }

  void accumulate(const float* __restrict x, float factor, const float* __restrict older, float* __restrict recent,
                  float* __restrict all) {
    for (size_t i = 0; i < recent_.size(); ++i) {
      recent[i] += factor * x[i];
      all[i] = older[i] + recent[i];
    }
  }

  std::vector<float> recent_, older_, all_;
  int64_t rows_ = 0;
};

}  // namespace hpl
