#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** A weight of rows [batch, heads, time, 1], where any axis may be 1 and then serves all. */
class RowWeight {
 public:
  RowWeight(const Input& weight, const Shape& shape) : heads_(shape[1]), time_(shape[2]), data_(weight.data<float>()) {
    const Shape& own = weight.shape();
    require(own.size() == 4 && own[3] == 1, "the weight of a mix is [batch, heads, time, 1], or 1 in place of any");
    int64_t stride = 1;
    for (int axis = 2; axis >= 0; --axis) {
      require(own[axis] == 1 || own[axis] == shape[axis], "the weight of a mix fits batch, heads and time, or is 1 there");
      strides_[axis] = own[axis] == 1 ? 0 : stride;
      stride *= own[axis];
    }
  }

  float of(int64_t row) const {
    return data_[row / (time_ * heads_) * strides_[0] + row / time_ % heads_ * strides_[1] + row % time_ * strides_[2]];
  }

 private:
  int64_t heads_, time_;
  const float* data_;
  int64_t strides_[3];
};

/** linear + weight (window - linear), [batch, heads, time, size]. */
struct Mix {
  explicit Mix(const Settings&) {}

  void operator()(TF_OpKernelContext* context) const {
    const Input linear(context, 0), window(context, 1), weights(context, 2);
    require(linear.axes() == 4 && window.shape() == linear.shape(), "branches that are mixed have one shape");
    float* const out = allocate<float>(context, 0, linear.shape());
    const RowWeight weight(weights, linear.shape());
    const float* const l = linear.data<float>();
    const float* const w = window.data<float>();
    const int64_t size = linear.columns();
    parallelFor(linear.rows(), 3 * size, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float share = weight.of(row);
        for (int64_t i = row * size; i < (row + 1) * size; ++i) out[i] = l[i] + share * (w[i] - l[i]);
      }
    });
  }
};

/** dLinear = (1 - weight) dy, dWindow = weight dy, and of each row's weight Σ dy (window - linear) [batch, heads, time, 1]. */
struct MixGradient {
  explicit MixGradient(const Settings&) {}

  void operator()(TF_OpKernelContext* context) const {
    const Input linear(context, 0), window(context, 1), weights(context, 2), dy(context, 3);
    const Shape& shape = linear.shape();
    require(linear.axes() == 4 && window.shape() == shape && dy.shape() == shape,
            "branches that are mixed, and their slope, have one shape");
    float* const dLinear = allocate<float>(context, 0, shape);
    float* const dWindow = allocate<float>(context, 1, shape);
    float* const dWeight = allocate<float>(context, 2, {shape[0], shape[1], shape[2], 1});
    const RowWeight weight(weights, shape);
    const float* const l = linear.data<float>();
    const float* const w = window.data<float>();
    const float* const slope = dy.data<float>();
    const int64_t size = linear.columns();
    parallelFor(linear.rows(), 5 * size, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const float share = weight.of(row);
        float along = 0;
        for (int64_t i = row * size; i < (row + 1) * size; ++i) {
          dWindow[i] = share * slope[i];
          dLinear[i] = slope[i] - dWindow[i];
          along += slope[i] * (w[i] - l[i]);
        }
        dWeight[row] = along;
      }
    });
  }
};

}  // namespace

void registerMix() {
  registerKernel<Mix>({"HplMix", {}, {"linear: float", "window: float", "weight: float"}, {"y: float"}});
  registerKernel<MixGradient>({"HplMixGradient",
                               {},
                               {"linear: float", "window: float", "weight: float", "dy: float"},
                               {"d_linear: float", "d_window: float", "d_weight: float"}});
}

}  // namespace hpl
