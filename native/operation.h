#pragma once

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <vector>

#include "numbers.h"
#include "tensorflow/c/kernels.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

namespace hpl {

using Shape = std::vector<int64_t>;

int64_t sizeOf(const Shape& shape);

/** An input of an operation, freed with this object; its numbers stay TensorFlow's. Throws where there is none. */
class Input {
 public:
  Input(TF_OpKernelContext* context, int index);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  template <typename T>
  const T* data() const {
    return static_cast<const T*>(TF_TensorData(tensor_));
  }
  const Shape& shape() const { return shape_; }
  int64_t size() const { return sizeOf(shape_); }
  int64_t axes() const { return static_cast<int64_t>(shape_.size()); }
  /** Of the last axis. */
  int64_t columns() const { return shape_.empty() ? 1 : shape_.back(); }
  int64_t rows() const { return columns() == 0 ? 0 : size() / columns(); }
  TF_DataType type() const { return TF_TensorType(tensor_); }

 private:
  TF_Tensor* tensor_ = nullptr;
  Shape shape_;
};

/** Makes an output, and gives the place for its numbers. Throws where there is no memory. */
template <typename T>
T* allocate(TF_OpKernelContext* context, int index, const Shape& shape);

template <>
float* allocate<float>(TF_OpKernelContext* context, int index, const Shape& shape);
template <>
bfloat16* allocate<bfloat16>(TF_OpKernelContext* context, int index, const Shape& shape);

/** Ends the operation with a message where inputs do not fit one another: kernels trust what they were told of sizes. */
void require(bool holds, const char* rule);
/** Ends the operation with the message of what was thrown. For the outermost `catch`. */
void fail(TF_OpKernelContext* context, const std::exception& cause);

/** Settings of an operation, read once. */
class Settings {
 public:
  explicit Settings(TF_OpKernelConstruction* construction) : construction_(construction) {}
  float number(const char* name) const;
  int64_t integer(const char* name) const;
  bool flag(const char* name) const;
  TF_DataType type(const char* name) const;

 private:
  TF_OpKernelConstruction* construction_;
};

/** What an operation looks like from outside, in TensorFlow's words: "x: float", "epsilon: float". */
struct Signature {
  const char* name;
  std::initializer_list<const char*> attributes;
  std::initializer_list<const char*> inputs;
  std::initializer_list<const char*> outputs;
};

/**
 * Makes an operation known to TensorFlow. A kernel is made from `Settings` and computes with `operator()(context)`.
 * Throws where TensorFlow does not take it.
 */
void registerOperation(const Signature& signature, void* (*create)(TF_OpKernelConstruction*),
                       void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));

template <typename Kernel>
void registerKernel(const Signature& signature) {
  registerOperation(
      signature,
      [](TF_OpKernelConstruction* construction) -> void* { return new Kernel(Settings(construction)); },
      [](void* kernel, TF_OpKernelContext* context) {
        try {
          (*static_cast<const Kernel*>(kernel))(context);
        } catch (const std::exception& cause) {
          fail(context, cause);
        }
      },
      [](void* kernel) { delete static_cast<Kernel*>(kernel); });
}

/** Calls `work` with a null pointer of the C++ type behind a type of TensorFlow. */
template <typename Work>
void withType(TF_DataType type, Work work) {
  if (type == TF_BFLOAT16)
    work(static_cast<bfloat16*>(nullptr));
  else
    work(static_cast<float*>(nullptr));
}

}  // namespace hpl
