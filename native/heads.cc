#include "operation.h"
#include "operations.h"
#include "threads.h"

namespace hpl {
namespace {

/** Rows [batch · time, heads · size] beside heads [batch, heads · repeats, time, size]. */
struct Layout {
  int64_t batch, time, heads, repeats, size;

  int64_t flatRow(int64_t b, int64_t t, int64_t head) const { return ((b * time + t) * heads + head) * size; }
  int64_t headRow(int64_t b, int64_t t, int64_t head) const { return ((b * heads * repeats + head) * time + t) * size; }
};

/** Cosines and sines [time, size] by which halves of a row turn, or none. */
struct Rotation {
  bool fits(int64_t heads) const { return cosine == nullptr || size == heads; }

  int64_t size = 0;
  const float* cosine = nullptr;
  const float* sine = nullptr;
};

struct HeadsKernel {
  explicit HeadsKernel(const Settings& settings)
      : time(settings.integer("time")),
        heads(settings.integer("heads")),
        repeats(settings.integer("repeats")),
        tables(settings.integer("N")),
        flat(settings.type("T")),
        split(settings.type("U")) {}

  int64_t time, heads, repeats, tables;
  TF_DataType flat, split;
};

template <typename Work>
void withTables(TF_OpKernelContext* context, const HeadsKernel& kernel, Work work) {
  require(kernel.time > 0 && kernel.heads > 0 && kernel.repeats > 0, "heads, their copies and tokens are more than none");
  if (kernel.tables == 0) return work(Rotation{});
  require(kernel.tables == 2, "a rotation has two tables, cosines and sines");
  const Input cosine(context, 1), sine(context, 2);
  require(cosine.rows() == kernel.time && sine.shape() == cosine.shape(), "a rotation has a row for each token");
  require(cosine.columns() % 2 == 0, "only heads of even size can be turned");
  work(Rotation{cosine.columns(), cosine.data<float>(), sine.data<float>()});
}

/** [a, b] turned to [a cos - b sin, b cos + a sin], halves of a row, where there is a rotation. */
template <typename From, typename To>
void turn(const From* from, To* to, int64_t size, const Rotation& rotation, int64_t t) {
  if (rotation.cosine == nullptr) {
    for (int64_t i = 0; i < size; ++i) store(to[i], widened(from[i]));
    return;
  }
  const int64_t half = size / 2;
  const float* const cosine = rotation.cosine + t * size;
  const float* const sine = rotation.sine + t * size;
  for (int64_t i = 0; i < half; ++i) {
    const float a = widened(from[i]), b = widened(from[i + half]);
    store(to[i], a * cosine[i] - b * sine[i]);
    store(to[i + half], b * cosine[i + half] + a * sine[i + half]);
  }
}

/** Rows to heads, rotated, each head `repeats` times. */
struct SplitHeads : HeadsKernel {
  using HeadsKernel::HeadsKernel;

  void operator()(TF_OpKernelContext* context) const {
    withType(flat, [&](auto* from) {
      withType(split, [&](auto* to) { withTables(context, *this, [&](Rotation r) { compute(context, r, from, to); }); });
    });
  }

  template <typename From, typename To>
  void compute(TF_OpKernelContext* context, const Rotation& rotation, From*, To*) const {
    const Input x(context, 0);
    const Layout layout{x.rows() / time, time, heads, repeats, x.columns() / heads};
    require(x.rows() % time == 0 && x.columns() % heads == 0 && rotation.fits(layout.size),
            "rows are of whole sequences, and hold whole heads of the rotation's size");
    To* const out = allocate<To>(context, 0, {layout.batch, heads * repeats, time, layout.size});
    const From* const rows = x.data<From>();
    parallelFor(layout.batch * time, 2 * x.columns(), [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) {
        const int64_t b = row / time, t = row % time;
        for (int64_t head = 0; head < heads; ++head)
          for (int64_t copy = 0; copy < repeats; ++copy)
            turn(rows + layout.flatRow(b, t, head), out + layout.headRow(b, t, head * repeats + copy),
                 layout.size, rotation, t);
      }
    });
  }
};

/** The transpose of `SplitHeads`: heads to rows, turned back, the copies of a head added up. */
struct JoinHeads : HeadsKernel {
  using HeadsKernel::HeadsKernel;

  void operator()(TF_OpKernelContext* context) const {
    withType(split, [&](auto* from) {
      withType(flat, [&](auto* to) { withTables(context, *this, [&](Rotation r) { compute(context, r, from, to); }); });
    });
  }

  template <typename From, typename To>
  void compute(TF_OpKernelContext* context, const Rotation& rotation, From*, To*) const {
    const Input x(context, 0);
    const Layout layout{x.rows() / (time * heads * repeats), time, heads, repeats, x.columns()};
    require(x.rows() % (time * heads * repeats) == 0 && rotation.fits(layout.size),
            "heads are of whole sequences, and of the rotation's size");
    To* const out = allocate<To>(context, 0, {layout.batch * time, heads * layout.size});
    const From* const parts = x.data<From>();
    parallelFor(layout.batch * time, 2 * heads * layout.size, [&](int64_t begin, int64_t end) {
      std::vector<float> sum(layout.size);
      for (int64_t row = begin; row < end; ++row) {
        const int64_t b = row / time, t = row % time;
        for (int64_t head = 0; head < heads; ++head) {
          for (int64_t copy = 0; copy < repeats; ++copy) {
            const From* const part = parts + layout.headRow(b, t, head * repeats + copy);
            for (int64_t i = 0; i < layout.size; ++i) sum[i] = (copy == 0 ? 0 : sum[i]) + widened(part[i]);
          }
          turnBack(sum.data(), out + layout.flatRow(b, t, head), layout.size, rotation, t);
        }
      }
    });
  }

 private:
  template <typename To>
  static void turnBack(const float* from, To* to, int64_t size, const Rotation& rotation, int64_t t) {
    if (rotation.cosine == nullptr) return turn(from, to, size, rotation, t);
    const int64_t half = size / 2;
    const float* const cosine = rotation.cosine + t * size;
    const float* const sine = rotation.sine + t * size;
    for (int64_t i = 0; i < half; ++i) {
      store(to[i], from[i] * cosine[i] + from[i + half] * sine[i + half]);
      store(to[i + half], from[i + half] * cosine[i + half] - from[i] * sine[i]);
    }
  }
};

}  // namespace

void registerHeads() {
  const std::initializer_list<const char*> attributes = {
      "T: {float, bfloat16}", "U: {float, bfloat16}", "time: int", "heads: int", "repeats: int", "N: int >= 0"};
  registerKernel<SplitHeads>({"HplSplitHeads", attributes, {"rows: T", "tables: N * float"}, {"split: U"}});
  registerKernel<JoinHeads>({"HplJoinHeads", attributes, {"split: U", "tables: N * float"}, {"rows: T"}});
}

}  // namespace hpl
