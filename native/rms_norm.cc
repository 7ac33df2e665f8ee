#include <cmath>

#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** 1 / sqrt(mean(x²) + epsilon) of one row. */
float inverseOf(const float* x, int64_t columns, float epsilon) {
  float sum = 0;
  for (int64_t i = 0; i < columns; ++i) sum += x[i] * x[i];
  return 1.0f / std::sqrt(sum / columns + epsilon);
}

/** y = x / sqrt(mean(x²) + epsilon) · weight over the last axis. */
struct RmsNorm {
  explicit RmsNorm(const Settings& settings) : epsilon(settings.number("epsilon")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input x(context, 0), weight(context, 1);
    const int64_t columns = x.columns();
    require(weight.size() == columns, "normalisation takes a weight for each column");
    T* const out = allocate<T>(context, 0, x.shape());
    const float* const rows = x.data<float>();
    const float* const scale = weight.data<float>();
    parallelFor(x.rows(), columns, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* const from = rows + row * columns;
        T* const to = out + row * columns;
        const float inverse = inverseOf(from, columns, epsilon);
        for (int64_t i = 0; i < columns; ++i) store(to[i], from[i] * inverse * scale[i]);
      }
    });
  }

  float epsilon;
  TF_DataType type;
};

/** With r = 1 / sqrt(mean(x²) + epsilon) and g = dy · weight: dx = r (g - x r² mean(g · x)). */
struct RmsNormGradient {
  explicit RmsNormGradient(const Settings& settings) : epsilon(settings.number("epsilon")) {}

  void operator()(TF_OpKernelContext* context) const {
    const Input x(context, 0), weight(context, 1), dy(context, 2);
    const int64_t columns = x.columns();
    require(weight.size() == columns && dy.shape() == x.shape(),
            "the gradient of normalisation takes a weight for each column, and a slope for each number");
    float* const out = allocate<float>(context, 0, x.shape());
    const float* const rows = x.data<float>();
    const float* const scale = weight.data<float>();
    const float* const slopes = dy.data<float>();
    parallelFor(x.rows(), 2 * columns, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* const from = rows + row * columns;
        const float* const slope = slopes + row * columns;
        float* const to = out + row * columns;
        const float inverse = inverseOf(from, columns, epsilon);
        float along = 0;
        for (int64_t i = 0; i < columns; ++i) along += slope[i] * scale[i] * from[i];
        const float share = inverse * inverse * along / columns;
        for (int64_t i = 0; i < columns; ++i) to[i] = inverse * (slope[i] * scale[i] - from[i] * share);
      }
    });
  }

  float epsilon;
};

}  // namespace

void registerRmsNorm() {
  registerKernel<RmsNorm>({"HplRmsNorm",
                           {"T: {float, bfloat16}", "epsilon: float"},
                           {"x: float", "weight: float"},
                           {"y: T"}});
  registerKernel<RmsNormGradient>(
      {"HplRmsNormGradient", {"epsilon: float"}, {"x: float", "weight: float", "dy: float"}, {"dx: float"}});
}

}  // namespace hpl
