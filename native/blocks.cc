#include <algorithm>
#include <memory>

#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/**
 * How rows [groups, time, size] lie in blocks [groups · blocks, before + block, size]: block b begins `before` rows before
 * its own first one, of rows that come `delay` later than they were given. What lies outside the sequence is 0.
 */
struct BlockLayout {
  explicit BlockLayout(const Settings& settings)
      : time(settings.integer("time")),
        block(settings.integer("block")),
        before(settings.integer("before")),
        delay(settings.integer("delay")),
        scale(settings.number("scale")) {}

  void check() const {
    require(time > 0 && block > 0 && before >= 0 && delay >= 0, "blocks and their sequence have rows");
  }

  int64_t blocks() const { return (time + block - 1) / block; }
  int64_t height() const { return before + block; }

  int64_t time, block, before, delay;
  float scale;
};

/** Rows to blocks, times `scale`. */
struct ToBlocks {
  explicit ToBlocks(const Settings& settings)
      : layout(settings), from(settings.type("T")), to(settings.type("U")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(from, [&](auto* given) { withType(to, [&](auto* wanted) { compute(context, given, wanted); }); });
  }

  template <typename From, typename To>
  void compute(TF_OpKernelContext* context, From*, To*) const {
    const Input x(context, 0);
    layout.check();
    require(x.axes() == 3 && x.shape()[1] == layout.time, "what is put into blocks has a row for each token");
    const int64_t size = x.columns(), groups = x.shape()[0], height = layout.height();
    To* const out = allocate<To>(context, 0, {groups * layout.blocks(), height, size});
    const From* const rows = x.data<From>();
    parallelFor(groups * layout.blocks(), 2 * height * size, [&](int64_t begin, int64_t end) {
      for (int64_t index = begin; index < end; ++index) {
        const int64_t group = index / layout.blocks(), b = index % layout.blocks();
        for (int64_t r = 0; r < height; ++r) {
          const int64_t t = b * layout.block - layout.before + r - layout.delay;
          To* const place = out + (index * height + r) * size;
          if (t < 0 || t >= layout.time)
            for (int64_t i = 0; i < size; ++i) store(place[i], 0.0f);
          else
            scaled(rows + (group * layout.time + t) * size, place, size);
        }
      }
    });
  }

 private:
  template <typename From, typename To>
  void scaled(const From* __restrict row, To* __restrict place, int64_t size) const {
    for (int64_t i = 0; i < size; ++i) store(place[i], layout.scale * widened(row[i]));
  }

  BlockLayout layout;
  TF_DataType from, to;
};

/** The transpose of `ToBlocks`, of the sum of several tensors; over mass + epsilon where a mass [groups, time, 1] is given. */
struct FromBlocks {
  explicit FromBlocks(const Settings& settings)
      : layout(settings),
        pieces(settings.integer("N")),
        masses(settings.integer("M")),
        epsilon(settings.number("epsilon")),
        from(settings.type("T")),
        to(settings.type("U")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(from, [&](auto* given) { withType(to, [&](auto* wanted) { compute(context, given, wanted); }); });
  }

  template <typename From, typename To>
  void compute(TF_OpKernelContext* context, From*, To*) const {
    layout.check();
    std::vector<std::unique_ptr<Input>> inputs;
    std::vector<const From*> parts;
    for (int64_t i = 0; i < pieces; ++i) {
      inputs.push_back(std::make_unique<Input>(context, static_cast<int>(i)));
      parts.push_back(inputs.back()->template data<From>());
      require(inputs.back()->shape() == inputs.front()->shape(), "tensors in blocks that are added up have one shape");
    }
    const Shape& shape = inputs.front()->shape();
    require(shape.size() == 3 && shape[0] % layout.blocks() == 0 && shape[1] == layout.height(),
            "blocks are as many and as high as their sequence says");
    if (masses > 0) inputs.push_back(std::make_unique<Input>(context, static_cast<int>(pieces)));
    const float* const mass = masses > 0 ? inputs.back()->data<float>() : nullptr;
    const int64_t size = inputs.front()->columns(), time = layout.time;
    const int64_t groups = shape[0] / layout.blocks();
    require(masses == 0 || (masses == 1 && inputs.back()->size() == groups * time), "every row has one mass");
    To* const out = allocate<To>(context, 0, {groups, time, size});
    parallelFor(groups * time, (pieces + 1) * size, [&](int64_t begin, int64_t end) {
      std::vector<float> sum(size);
      for (int64_t row = begin; row < end; ++row) {
        gather(parts, row / time, row % time + layout.delay, sum);
        const float factor = mass == nullptr ? layout.scale : layout.scale / (mass[row] + epsilon);
        for (int64_t i = 0; i < size; ++i) store(out[row * size + i], sum[i] * factor);
      }
    });
  }

 private:
  /** The sum over parts, and over the blocks that row t stands in. */
  template <typename From>
  void gather(const std::vector<const From*>& parts, int64_t group, int64_t t, std::vector<float>& sum) const {
    std::fill(sum.begin(), sum.end(), 0.0f);
    if (t >= layout.time) return;
    const int64_t size = static_cast<int64_t>(sum.size());
    for (int64_t b = t / layout.block; b < layout.blocks() && b * layout.block - layout.before <= t; ++b) {
      const int64_t row = t - (b * layout.block - layout.before);
      const int64_t offset = ((group * layout.blocks() + b) * layout.height() + row) * size;
      for (const From* part : parts) add(part + offset, sum.data(), size);
    }
  }

  template <typename From>
  static void add(const From* __restrict from, float* __restrict sum, int64_t size) {
    for (int64_t i = 0; i < size; ++i) sum[i] += widened(from[i]);
  }

  BlockLayout layout;
  int64_t pieces, masses;
  float epsilon;
  TF_DataType from, to;
};

}  // namespace

void registerBlocks() {
  registerKernel<ToBlocks>({"HplToBlocks",
                            {"T: {float, bfloat16}", "U: {float, bfloat16}", "time: int", "block: int", "before: int",
                             "delay: int", "scale: float"},
                            {"rows: T"},
                            {"blocks: U"}});
  registerKernel<FromBlocks>({"HplFromBlocks",
                              {"T: {float, bfloat16}", "U: {float, bfloat16}", "time: int", "block: int", "before: int",
                               "delay: int", "scale: float", "N: int >= 1", "M: int >= 0", "epsilon: float"},
                              {"blocks: N * T", "mass: M * float"},
                              {"rows: U"}});
}

}  // namespace hpl
