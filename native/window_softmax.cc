#include <algorithm>

#include "operation.h"
#include "operations.h"
#include "softmax_row.h"
#include "threads.h"

namespace hpl {
namespace {

/** Scores [groups · blocks, block, window + block], where row r of a block sees the keys r + 1 to r + window. */
struct WindowRows {
  explicit WindowRows(const Settings& settings)
      : time(settings.integer("time")), window(settings.integer("window")), block(settings.integer("block")) {}

  void check(const Shape& scores) const {
    require(time > 0 && window > 0 && block > 0 && scores.size() == 3 && scores[0] % blocks() == 0 &&
                scores[1] == block && scores[2] == keys(),
            "scores of a window stand in the blocks of its sequence");
  }

  int64_t blocks() const { return (time + block - 1) / block; }
  int64_t keys() const { return window + block; }
  /** The position of a row of all blocks' rows, which may lie behind the sequence. */
  int64_t position(int64_t row) const { return row / block % blocks() * block + row % block; }
  /** A row of a sequence of `time` for each group. */
  int64_t sequenceRow(int64_t row) const { return row / (blocks() * block) * time + position(row); }
  /** The first block has no keys before its own. */
  int64_t first(int64_t row) const {
    return std::max(row % block + 1, row / block % blocks() == 0 ? window : int64_t{0});
  }
  int64_t end(int64_t row) const { return row % block + window + 1; }

  int64_t time, window, block;
};

/** Softmax over the window, 0 elsewhere, and the mass Σ exp(s - max s) [groups, time, 1]. */
struct WindowSoftmax {
  explicit WindowSoftmax(const Settings& settings) : layout(settings), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input scores(context, 0);
    layout.check(scores.shape());
    const int64_t keys = layout.keys(), groups = scores.shape()[0] / layout.blocks();
    T* const weights = allocate<T>(context, 0, scores.shape());
    float* const mass = allocate<float>(context, 1, {groups, layout.time, 1});
    const T* const from = scores.data<T>();
    parallelFor(scores.rows(), 4 * keys, [&](int64_t begin, int64_t end) {
      std::vector<float> row(keys);
      for (int64_t r = begin; r < end; ++r) {
        const int64_t first = layout.first(r), last = layout.end(r);
        const float sum = softmaxRow(from + r * keys + first, row.data(), last - first);
        storeBetween(row.data(), weights + r * keys, first, last, keys);
        if (layout.position(r) < layout.time) mass[layout.sequenceRow(r)] = sum;
      }
    });
  }

  WindowRows layout;
  TF_DataType type;
};

/**
 * The gradient for scores, given that for weights and for the mass, and the weights once more. The mass is
 * sum exp(s - max s): its derivative is exp(s_j - max s) at every key, less the whole mass at the maximum, which keys that
 * have it share.
 */
struct WindowSoftmaxGradient {
  explicit WindowSoftmaxGradient(const Settings& settings)
      : layout(settings), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input scores(context, 0), dWeights(context, 1), dMass(context, 2);
    layout.check(scores.shape());
    require(dWeights.shape() == scores.shape() && dMass.size() == scores.shape()[0] / layout.blocks() * layout.time,
            "every score has a slope, and every token one of its mass");
    const int64_t keys = layout.keys();
    T* const dScores = allocate<T>(context, 0, scores.shape());
    T* const weights = allocate<T>(context, 1, scores.shape());
    const T* const from = scores.data<T>();
    const T* const slopes = dWeights.data<T>();
    const float* const ofMasses = dMass.data<float>();
    parallelFor(scores.rows(), 8 * keys, [&](int64_t begin, int64_t end) {
      std::vector<float> row(keys), slope(keys);
      for (int64_t r = begin; r < end; ++r) {
        const int64_t first = layout.first(r), last = layout.end(r);
        const float mass = softmaxRow(from + r * keys + first, row.data(), last - first);
        storeBetween(row.data(), weights + r * keys, first, last, keys);
        const bool inside = layout.position(r) < layout.time;
        const float ofMass = inside ? mass * ofMasses[layout.sequenceRow(r)] : 0.0f;
        throughSoftmax(row.data(), slopes + r * keys + first, ofMass, slope.data(), last - first);
        if (ofMass != 0) lessAtMaximum(from + r * keys + first, ofMass, slope.data(), last - first);
        storeBetween(slope.data(), dScores + r * keys, first, last, keys);
      }
    });
  }

 private:
  template <typename T>
  static void throughSoftmax(const float* __restrict weights, const T* __restrict dWeights, float ofMass,
                             float* __restrict slope, int64_t count) {
    float along = 0;
    for (int64_t i = 0; i < count; ++i) along += weights[i] * widened(dWeights[i]);
    for (int64_t i = 0; i < count; ++i) slope[i] = weights[i] * (widened(dWeights[i]) - along + ofMass);
  }

  template <typename T>
  static void lessAtMaximum(const T* __restrict scores, float ofMass, float* __restrict slope, int64_t count) {
    const float largest = largestOf(scores, count);
    float sharing = 0;
    for (int64_t i = 0; i < count; ++i) sharing += widened(scores[i]) == largest ? 1.0f : 0.0f;
    const float share = ofMass / sharing;
    for (int64_t i = 0; i < count; ++i) slope[i] -= widened(scores[i]) == largest ? share : 0.0f;
  }

  WindowRows layout;
  TF_DataType type;
};

}  // namespace

void registerWindowSoftmax() {
  registerKernel<WindowSoftmax>({"HplWindowSoftmax",
                                 {"T: {float, bfloat16}", "time: int", "window: int", "block: int"},
                                 {"scores: T"},
                                 {"weights: T", "mass: float"}});
  registerKernel<WindowSoftmaxGradient>(
      {"HplWindowSoftmaxGradient",
       {"T: {float, bfloat16}", "time: int", "window: int", "block: int"},
       {"scores: T", "d_weights: T", "d_mass: float"},
       {"d_scores: T", "weights: T"}});
}

}  // namespace hpl
