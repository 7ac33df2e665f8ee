#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** silu(gate) · up, elementwise. */
struct GatedUnit {
  explicit GatedUnit(const Settings& settings) : type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input gate(context, 0), up(context, 1);
    require(up.shape() == gate.shape(), "gate and up have one shape");
    T* const out = allocate<T>(context, 0, gate.shape());
    parallelForNumbers(gate.size(), 3, [&](int64_t begin, int64_t end) {
      const T* const g = gate.data<T>();
      const T* const u = up.data<T>();
      for (int64_t i = begin; i < end; ++i) {
        const float x = widened(g[i]);
        store(out[i], x * logistic(x) * widened(u[i]));
      }
    });
  }

  TF_DataType type;
};

/** With s the logistic function of gate: dGate = dy · up · s (1 + gate (1 - s)), dUp = dy · gate · s. */
struct GatedUnitGradient {
  explicit GatedUnitGradient(const Settings& settings) : type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input gate(context, 0), up(context, 1), dy(context, 2);
    require(up.shape() == gate.shape() && dy.shape() == gate.shape(), "gate, up and slope have one shape");
    T* const dGate = allocate<T>(context, 0, gate.shape());
    T* const dUp = allocate<T>(context, 1, gate.shape());
    parallelForNumbers(gate.size(), 5, [&](int64_t begin, int64_t end) {
      const T* const g = gate.data<T>();
      const T* const u = up.data<T>();
      const float* const slope = dy.data<float>();
      for (int64_t i = begin; i < end; ++i) {
        const float x = widened(g[i]);
        const float s = logistic(x);
        store(dGate[i], slope[i] * widened(u[i]) * s * (1.0f + x * (1.0f - s)));
        store(dUp[i], slope[i] * x * s);
      }
    });
  }

  TF_DataType type;
};

}  // namespace

void registerGatedUnit() {
  registerKernel<GatedUnit>({"HplGatedUnit", {"T: {float, bfloat16}"}, {"gate: T", "up: T"}, {"y: T"}});
  registerKernel<GatedUnitGradient>({"HplGatedUnitGradient",
                                     {"T: {float, bfloat16}"},
                                     {"gate: T", "up: T", "dy: float"},
                                     {"d_gate: T", "d_up: T"}});
}

}  // namespace hpl
