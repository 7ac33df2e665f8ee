#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** x + y in float32, where y may be of half the width. */
struct Residual {
  explicit Residual(const Settings& settings) : type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input x(context, 0), y(context, 1);
    require(y.shape() == x.shape(), "a residual has the shape of what it is added to");
    float* const out = allocate<float>(context, 0, x.shape());
    parallelForNumbers(x.size(), 3, [&](int64_t begin, int64_t end) {
      const float* const a = x.data<float>();
      const T* const b = y.data<T>();
      for (int64_t i = begin; i < end; ++i) out[i] = a[i] + widened(b[i]);
    });
  }

  TF_DataType type;
};

}  // namespace

void registerResidual() {
  registerKernel<Residual>({"HplResidual", {"T: {float, bfloat16}"}, {"x: float", "y: T"}, {"sum: float"}});
}

}  // namespace hpl
