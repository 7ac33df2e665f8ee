#include "operation.h"
#include "operations.h"
#include "softmax_row.h"
#include "threads.h"

namespace hpl {
namespace {

/** [softmax(u), softmax(-u)] + raise over the last axis. */
struct SoftmaxFeatures {
  explicit SoftmaxFeatures(const Settings& settings) : raise(settings.number("raise")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input u(context, 0);
    const int64_t columns = u.columns();
    require(u.axes() > 0 && columns > 0, "a feature map takes at least one number");
    Shape shape = u.shape();
    shape.back() *= 2;
    float* const out = allocate<float>(context, 0, shape);
    const T* const rows = u.data<T>();
    parallelFor(u.rows(), 6 * columns, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const T* const from = rows + row * columns;
        softmaxRow(from, out + 2 * row * columns, columns, 1.0f, raise);
        softmaxRow(from, out + (2 * row + 1) * columns, columns, -1.0f, raise);
      }
    });
  }

  float raise;
  TF_DataType type;
};

/** With y = [p, n]: du = p (dp - p · dp) - n (dn - n · dn), the products over one half each. */
struct SoftmaxFeaturesGradient {
  explicit SoftmaxFeaturesGradient(const Settings& settings) : type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input y(context, 0), dy(context, 1);
    require(y.axes() > 0 && y.columns() % 2 == 0 && dy.shape() == y.shape(), "features come in two halves, with slopes");
    const int64_t columns = y.columns() / 2;
    Shape shape = y.shape();
    shape.back() = columns;
    T* const out = allocate<T>(context, 0, shape);
    const float* const features = y.data<float>();
    const float* const slopes = dy.data<float>();
    parallelFor(y.rows(), 5 * columns, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float* const p = features + 2 * row * columns;
        const float* const dp = slopes + 2 * row * columns;
        const float* const n = p + columns;
        const float* const dn = dp + columns;
        float alongP = 0, alongN = 0;
        for (int64_t i = 0; i < columns; ++i) {
          alongP += p[i] * dp[i];
          alongN += n[i] * dn[i];
        }
        T* const to = out + row * columns;
        for (int64_t i = 0; i < columns; ++i) store(to[i], p[i] * (dp[i] - alongP) - n[i] * (dn[i] - alongN));
      }
    });
  }

  TF_DataType type;
};

}  // namespace

void registerSoftmaxFeatures() {
  registerKernel<SoftmaxFeatures>(
      {"HplSoftmaxFeatures", {"T: {float, bfloat16}", "raise: float"}, {"u: T"}, {"y: float"}});
  registerKernel<SoftmaxFeaturesGradient>(
      {"HplSoftmaxFeaturesGradient", {"T: {float, bfloat16}"}, {"y: float", "dy: float"}, {"du: T"}});
}

}  // namespace hpl
