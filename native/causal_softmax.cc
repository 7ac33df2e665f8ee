#include <algorithm>

#include "operation.h"
#include "operations.h"
#include "softmax_row.h"
#include "threads.h"

namespace hpl {
namespace {

/** Which keys row r sees: those up to `start` + r, at most `window` of them (0: all). */
struct CausalRows {
  explicit CausalRows(const Settings& settings)
      : start(settings.integer("start")), window(settings.integer("window")) {}

  void check(const Shape& scores) const {
    require(scores.size() == 3 && start >= 0 && window >= 0 && start + scores[1] <= scores[2],
            "every causal row has a score for its own key");
  }

  int64_t end(int64_t row, int64_t keys) const { return std::min(start + row + 1, keys); }
  int64_t first(int64_t row) const { return window == 0 ? 0 : std::max<int64_t>(0, start + row + 1 - window); }

  int64_t start, window;
};

/** Softmax of the visible scores [groups, rows, keys], 0 elsewhere. */
struct CausalSoftmax {
  explicit CausalSoftmax(const Settings& settings) : causal(settings), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input scores(context, 0);
    causal.check(scores.shape());
    const int64_t rows = scores.shape()[1], keys = scores.shape()[2];
    T* const out = allocate<T>(context, 0, scores.shape());
    const T* const from = scores.data<T>();
    parallelFor(scores.shape()[0] * rows, 4 * keys, [&](int64_t begin, int64_t end) {
      std::vector<float> weights(keys);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t first = causal.first(row % rows), last = causal.end(row % rows, keys);
        softmaxRow(from + row * keys + first, weights.data(), last - first);
        storeBetween(weights.data(), out + row * keys, first, last, keys);
      }
    });
  }

  CausalRows causal;
  TF_DataType type;
};

/**
 * Of scores and of products of features, both [groups, rows, keys]: the softmax weights of the visible scores,
 * -Σ weight · log(product) of each row [groups, rows], and weight / product.
 */
struct WeightTerms {
  explicit WeightTerms(const Settings& settings)
      : causal(settings), slopes(settings.flag("slopes")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input scores(context, 0), products(context, 1);
    const Shape& shape = scores.shape();
    causal.check(shape);
    require(products.shape() == shape, "every score has one product of features");
    const int64_t rows = shape[1], keys = shape[2];
    T* const truth = allocate<T>(context, 0, shape);
    float* const losses = allocate<float>(context, 1, {shape[0], rows});
    T* const slope = allocate<T>(context, 2, slopes ? shape : Shape{0, rows, keys});
    const T* const s = scores.data<T>();
    const T* const p = products.data<T>();
    parallelFor(shape[0] * rows, 8 * keys, [&](int64_t begin, int64_t end) {
      std::vector<float> weights(keys);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t first = causal.first(row % rows), last = causal.end(row % rows, keys);
        const T* const product = p + row * keys + first;
        softmaxRow(s + row * keys + first, weights.data(), last - first);
        storeBetween(weights.data(), truth + row * keys, first, last, keys);
        losses[row] = crossEntropy(weights.data(), product, last - first);
        if (!slopes) continue;
        for (int64_t i = 0; i < last - first; ++i) weights[i] /= widened(product[i]);
        storeBetween(weights.data(), slope + row * keys, first, last, keys);
      }
    });
  }

 private:
  template <typename T>
  static float crossEntropy(const float* __restrict weights, const T* __restrict products, int64_t count) {
    float sum = 0;
    for (int64_t i = 0; i < count; ++i) sum -= weights[i] * logf(widened(products[i]));
    return sum;
  }

  CausalRows causal;
  bool slopes;
  TF_DataType type;
};

}  // namespace

void registerCausalSoftmax() {
  registerKernel<CausalSoftmax>({"HplCausalSoftmax",
                                 {"T: {float, bfloat16}", "start: int", "window: int"},
                                 {"scores: T"},
                                 {"weights: T"}});
  registerKernel<WeightTerms>({"HplWeightTerms",
                               {"T: {float, bfloat16}", "start: int", "window: int", "slopes: bool"},
                               {"scores: T", "products: T"},
                               {"truth: T", "losses: float", "slope: T"}});
}

}  // namespace hpl
