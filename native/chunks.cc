#include <algorithm>

#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** Products [chunks, rows, rows] of each row with those at or before it; 0 for the later ones. */
struct LowerTriangle {
  explicit LowerTriangle(const Settings& settings) : type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input x(context, 0);
    const int64_t columns = x.columns();
    require(x.axes() == 3 && x.shape()[1] == columns, "a triangle is cut out of squares");
    T* const out = allocate<T>(context, 0, x.shape());
    const T* const from = x.data<T>();
    parallelFor(x.rows(), 2 * columns, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t visible = row % columns + 1;
        std::copy(from + row * columns, from + row * columns + visible, out + row * columns);
        for (int64_t i = visible; i < columns; ++i) store(out[row * columns + i], 0.0f);
      }
    });
  }

  TF_DataType type;
};

/** For each row of x [groups, rows, size] the sum of the rows before it, or behind it, added up in float32. */
struct SumOfOthers {
  explicit SumOfOthers(const Settings& settings) : fromEnd(settings.flag("from_end")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input x(context, 0);
    require(x.axes() == 3, "rows that are added up stand in groups");
    const int64_t rows = x.shape()[1], size = x.shape()[2];
    T* const out = allocate<T>(context, 0, x.shape());
    const T* const from = x.data<T>();
    const int64_t strips = (size + strip - 1) / strip;
    parallelFor(x.shape()[0] * strips, 2 * rows * strip, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) {
        const int64_t offset = index / strips * rows * size + index % strips * strip;
        const int64_t width = std::min(strip, size - index % strips * strip);
        float sum[strip] = {};
        for (int64_t step = 0; step < rows; ++step) {
          const int64_t at = offset + (fromEnd ? rows - 1 - step : step) * size;
          addBehind(from + at, sum, out + at, width);
        }
      }
    });
  }

 private:
  static constexpr int64_t strip = 512;

  template <typename T>
  static void addBehind(const T* __restrict x, float* __restrict sum, T* __restrict out, int64_t width) {
    for (int64_t i = 0; i < width; ++i) {
      store(out[i], sum[i]);
      sum[i] += widened(x[i]);
    }
  }

  bool fromEnd;
  TF_DataType type;
};

/** The gradient of y = sums / (mass + epsilon): that of the sums [rows, size], and of the mass [rows, 1] beside its own. */
struct NormalisedGradient {
  explicit NormalisedGradient(const Settings& settings) : epsilon(settings.number("epsilon")) {}

  void operator()(TF_OpKernelContext* context) const {
    const Input y(context, 0), mass(context, 1), dy(context, 2), dOwn(context, 3);
    const int64_t size = y.columns();
    require(dy.shape() == y.shape() && mass.size() == y.rows() && dOwn.size() == y.rows(),
            "every row has a slope and one mass");
    float* const dSums = allocate<float>(context, 0, y.shape());
    float* const dMass = allocate<float>(context, 1, mass.shape());
    const float* const value = y.data<float>();
    const float* const slope = dy.data<float>();
    const float* const whole = mass.data<float>();
    const float* const own = dOwn.data<float>();
    parallelFor(y.rows(), 3 * size, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float share = 1.0f / (whole[row] + epsilon);
        const float along = divided(slope + row * size, value + row * size, share, dSums + row * size, size);
        dMass[row] = own[row] - along;
      }
    });
  }

 private:
  static float divided(const float* __restrict dy, const float* __restrict y, float share, float* __restrict dSums,
                       int64_t size) {
    float along = 0;
    for (int64_t i = 0; i < size; ++i) {
      dSums[i] = dy[i] * share;
      along += dSums[i] * y[i];
    }
    return along;
  }

  float epsilon;
};

}  // namespace

void registerChunks() {
  registerKernel<LowerTriangle>({"HplLowerTriangle", {"T: {float, bfloat16}"}, {"x: T"}, {"y: T"}});
  registerKernel<SumOfOthers>(
      {"HplSumOfOthers", {"T: {float, bfloat16}", "from_end: bool"}, {"x: T"}, {"sums: T"}});
  registerKernel<NormalisedGradient>({"HplNormalisedGradient",
                                      {"epsilon: float"},
                                      {"y: float", "mass: float", "dy: float", "d_own: float"},
                                      {"d_sums: float", "d_mass: float"}});
}

}  // namespace hpl
