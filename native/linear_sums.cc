#include <algorithm>
#include <memory>

#include "operation.h"
#include "operations.h"
#include "running_sum.h"
#include "threads.h"

namespace hpl {
namespace {

/**
 * Queries and keys after the feature map [groups, time, features]: the sums of the keys up to `delay` before each, and
 * what each query makes of its own, the sum of its weights [groups, time, 1].
 */
struct LinearSums {
  explicit LinearSums(const Settings& settings) : delay(settings.integer("delay")) {}

  void operator()(TF_OpKernelContext* context) const {
    const Input queries(context, 0), keys(context, 1);
    const Shape& shape = keys.shape();
    require(keys.axes() == 3 && queries.shape() == shape && delay >= 0,
            "queries and keys of linear attention have as many features and tokens");
    const int64_t time = shape[1], features = shape[2];
    float* const upTo = allocate<float>(context, 0, shape);
    float* const sums = allocate<float>(context, 1, {shape[0], time, 1});
    const float* const query = queries.data<float>();
    const float* const key = keys.data<float>();
    parallelFor(shape[0], 3 * time * features, [&](int64_t begin, int64_t end) {
      RunningSum past(features);
      for (int64_t row = begin * time; row < end * time; ++row) {
        const int64_t t = row % time;
        if (t == 0) past.clear();
        if (t >= delay) past.add(key + (row - delay) * features, 1.0f);
        sums[row] = productOf(query + row * features, past.sum(), features);
        std::copy(past.sum(), past.sum() + features, upTo + row * features);
      }
    });
  }

 private:
  static float productOf(const float* a, const float* b, int64_t count) {
    float product = 0;
    for (int64_t i = 0; i < count; ++i) product += a[i] * b[i];
    return product;
  }

  int64_t delay;
};

/**
 * The gradient of `LinearSums` for dSums [groups, time, 1], plus that of the rest of linear attention, which comes as two
 * tensors each, in blocks one behind the other [groups · blocks, block, features], keys `delay` rows later.
 */
struct LinearGradient {
  explicit LinearGradient(const Settings& settings) : delay(settings.integer("delay")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input queries(context, 0), upTo(context, 1), dSums(context, 2);
    const Input queriesInside(context, 3), queriesAcross(context, 4), keysInside(context, 5), keysAcross(context, 6);
    const Shape& shape = queries.shape();
    require(queries.axes() == 3 && upTo.shape() == shape && dSums.size() == shape[0] * shape[1] && delay >= 0,
            "queries of linear attention have a sum of keys for each feature and a slope for each token");
    const int64_t time = shape[1], features = shape[2];
    const Shape& blocks = queriesInside.shape();
    require(queriesAcross.shape() == blocks && keysInside.shape() == blocks && keysAcross.shape() == blocks,
            "gradients in blocks have one shape");
    const int64_t rows = queriesInside.rows();
    require(queriesInside.columns() == features && (shape[0] == 0 || (rows % shape[0] == 0 && rows / shape[0] >= time)),
            "gradients in blocks cover the sequence");
    const int64_t padded = shape[0] == 0 ? 0 : rows / shape[0];
    float* const dQueries = allocate<float>(context, 0, shape);
    float* const dKeys = allocate<float>(context, 1, shape);
    const float* const query = queries.data<float>();
    const float* const sum = upTo.data<float>();
    const float* const slope = dSums.data<float>();
    const T* const parts[] = {queriesInside.data<T>(), queriesAcross.data<T>(), keysInside.data<T>(),
                              keysAcross.data<T>()};
    parallelFor(shape[0], 8 * time * features, [&](int64_t begin, int64_t end) {
      RunningSum behind(features);
      for (int64_t group = begin; group < end; ++group) {
        behind.clear();
        for (int64_t t = time - 1; t >= 0; --t) {
          const int64_t row = group * time + t;
          const int64_t block = (group * padded + t) * features;
          multiplyAndAdd(sum + row * features, slope[row], parts[0] + block, parts[1] + block,
                         dQueries + row * features, features);
          behind.add(query + row * features, slope[row]);
          if (t >= delay)
            multiplyAndAdd(behind.sum(), 1.0f, parts[2] + block, parts[3] + block,
                           dKeys + (row - delay) * features, features);
          // No query sees the last keys.
          if (t >= time - delay) std::fill(dKeys + row * features, dKeys + (row + 1) * features, 0.0f);
        }
      }
    });
  }

 private:
  template <typename T>
  static void multiplyAndAdd(const float* __restrict x, float factor, const T* __restrict a, const T* __restrict b,
                             float* __restrict to, int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = x[i] * factor + widened(a[i]) + widened(b[i]);
  }

  int64_t delay;
  TF_DataType type;
};

/**
 * The gradient of Σ log(sum of weights) less that of the other part of a loss, which comes in pieces: for queries rows
 * one behind the other, for keys rows from the first on, to be added up.
 */
struct LinearSumsGradient {
  explicit LinearSumsGradient(const Settings& settings) : pieces(settings.integer("N")), type(settings.type("T")) {}

  void operator()(TF_OpKernelContext* context) const {
    withType(type, [&](auto* unused) { compute(context, unused); });
  }

  template <typename T>
  void compute(TF_OpKernelContext* context, T*) const {
    const Input queries(context, 0), upTo(context, 1), sums(context, 2);
    const Inputs dQueryRows = inputs(context, 3);
    const Inputs dKeyRows = inputs(context, 3 + pieces);
    const Shape& shape = queries.shape();
    require(queries.axes() == 3 && upTo.shape() == shape && sums.size() == shape[0] * shape[1],
            "queries of linear attention have a sum of keys for each feature and a mass for each token");
    requireCover(shape, dQueryRows, dKeyRows);
    const int64_t time = shape[1], features = shape[2];
    float* const dQueries = allocate<float>(context, 0, shape);
    float* const dKeys = allocate<float>(context, 1, shape);
    const float* const query = queries.data<float>();
    const float* const keySums = upTo.data<float>();
    const float* const masses = sums.data<float>();
    parallelFor(shape[0], 8 * time * features, [&](int64_t begin, int64_t end) {
      RunningSum behind(features);
      for (int64_t group = begin; group < end; ++group) {
        behind.clear();
        int64_t piece = pieces, rowsBefore = time;
        for (int64_t t = time - 1; t >= 0; --t) {
          while (t < rowsBefore) rowsBefore -= dQueryRows[--piece]->shape()[1];
          const int64_t row = (group * time + t) * features;
          const float share = 1.0f / masses[group * time + t];
          scaleAndSubtract(keySums + row, share, rowOf<T>(*dQueryRows[piece], group, t - rowsBefore, features),
                           dQueries + row, features);
          behind.add(query + row, share);
          std::copy(behind.sum(), behind.sum() + features, dKeys + row);
          // Pieces end where the rows of their queries do, so the later ones all reach back to here.
          for (int64_t later = piece; later < pieces; ++later)
            subtract(rowOf<T>(*dKeyRows[later], group, t, features), dKeys + row, features);
        }
      }
    });
  }

 private:
  using Inputs = std::vector<std::unique_ptr<Input>>;

  /** Pieces for queries lie one behind the other; those for keys reach from the first row to where these end. */
  static void requireCover(const Shape& shape, const Inputs& dQueryRows, const Inputs& dKeyRows) {
    int64_t rows = 0;
    for (size_t i = 0; i < dQueryRows.size(); ++i) {
      const Shape &ofQueries = dQueryRows[i]->shape(), &ofKeys = dKeyRows[i]->shape();
      require(ofQueries.size() == 3, "gradients for queries stand in groups");
      rows += ofQueries[1];
      require(ofQueries == Shape{shape[0], ofQueries[1], shape[2]} && ofKeys == Shape{shape[0], rows, shape[2]},
              "gradients in pieces are those of the queries, and of the keys up to them");
    }
    require(rows == shape[1], "gradients in pieces cover the sequence");
  }

  Inputs inputs(TF_OpKernelContext* context, int64_t first) const {
    Inputs list;
    for (int64_t i = 0; i < pieces; ++i) list.push_back(std::make_unique<Input>(context, static_cast<int>(first + i)));
    return list;
  }

  template <typename T>
  static const T* rowOf(const Input& piece, int64_t group, int64_t row, int64_t features) {
    return piece.data<T>() + (group * piece.shape()[1] + row) * features;
  }

  template <typename T>
  static void scaleAndSubtract(const float* __restrict x, float share, const T* __restrict less, float* __restrict to,
                               int64_t count) {
    for (int64_t i = 0; i < count; ++i) to[i] = x[i] * share - widened(less[i]);
  }

  template <typename T>
  static void subtract(const T* __restrict less, float* __restrict from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) from[i] -= widened(less[i]);
  }

  int64_t pieces;
  TF_DataType type;
};

}  // namespace

void registerLinearSums() {
  registerKernel<LinearSums>(
      {"HplLinearSums", {"delay: int"}, {"queries: float", "keys: float"}, {"up_to: float", "sums: float"}});
  registerKernel<LinearGradient>({"HplLinearGradient",
                                  {"T: {float, bfloat16}", "delay: int"},
                                  {"queries: float", "up_to: float", "d_sums: float", "queries_inside: T",
                                   "queries_across: T", "keys_inside: T", "keys_across: T"},
                                  {"d_queries: float", "d_keys: float"}});
  registerKernel<LinearSumsGradient>(
      {"HplLinearSumsGradient",
       {"T: {float, bfloat16}", "N: int >= 1"},
       {"queries: float", "up_to: float", "sums: float", "d_query_rows: N * T", "d_key_rows: N * T"},
       {"d_queries: float", "d_keys: float"}});
}

}  // namespace hpl
