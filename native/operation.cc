#include "operation.h"

#include <stdexcept>
#include <string>

namespace hpl {
namespace {

/** A status of TensorFlow that frees itself. */
class Status {
 public:
  Status() : status_(TF_NewStatus()) {}
  ~Status() { TF_DeleteStatus(status_); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  operator TF_Status*() const { return status_; }
  bool failed() const { return TF_GetCode(status_) != TF_OK; }
  void throwIfFailed() const {
    if (failed()) throw std::runtime_error(TF_Message(status_));
  }

 private:
  TF_Status* status_;
};

template <typename Value, typename Read>
Value attribute(TF_OpKernelConstruction* construction, const char* name, Read read) {
  Status status;
  Value value{};
  read(construction, name, &value, static_cast<TF_Status*>(status));
  if (status.failed()) TF_OpKernelConstruction_Failure(construction, status);
  return value;
}

void* allocated(TF_OpKernelContext* context, int index, TF_DataType type, const Shape& shape, size_t width) {
  Status status;
  TF_Tensor* tensor = TF_AllocateOutput(context, index, type, shape.data(), static_cast<int>(shape.size()),
                                        sizeOf(shape) * width, status);
  status.throwIfFailed();
  void* const data = TF_TensorData(tensor);
  // TensorFlow keeps the numbers; this was one more reference to them.
  TF_DeleteTensor(tensor);
  return data;
}

void unknownShape(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

}  // namespace

int64_t sizeOf(const Shape& shape) {
  int64_t size = 1;
  for (const int64_t axis : shape) size *= axis;
  return size;
}

Input::Input(TF_OpKernelContext* context, int index) {
  Status status;
  TF_GetInput(context, index, &tensor_, status);
  status.throwIfFailed();
  for (int axis = 0; axis < TF_NumDims(tensor_); ++axis) shape_.push_back(TF_Dim(tensor_, axis));
}

Input::~Input() {
  if (tensor_ != nullptr) TF_DeleteTensor(tensor_);
}

template <>
float* allocate<float>(TF_OpKernelContext* context, int index, const Shape& shape) {
  return static_cast<float*>(allocated(context, index, TF_FLOAT, shape, sizeof(float)));
}

template <>
bfloat16* allocate<bfloat16>(TF_OpKernelContext* context, int index, const Shape& shape) {
  return static_cast<bfloat16*>(allocated(context, index, TF_BFLOAT16, shape, sizeof(bfloat16)));
}

void require(bool holds, const char* rule) {
  if (!holds) throw std::invalid_argument(rule);
}

void fail(TF_OpKernelContext* context, const std::exception& cause) {
  Status status;
  const bool isRefusal = dynamic_cast<const std::invalid_argument*>(&cause) != nullptr;
  TF_SetStatus(status, isRefusal ? TF_INVALID_ARGUMENT : TF_INTERNAL, cause.what());
  TF_OpKernelContext_Failure(context, status);
}

float Settings::number(const char* name) const {
  return attribute<float>(construction_, name, TF_OpKernelConstruction_GetAttrFloat);
}

int64_t Settings::integer(const char* name) const {
  return attribute<int64_t>(construction_, name, TF_OpKernelConstruction_GetAttrInt64);
}

bool Settings::flag(const char* name) const {
  return attribute<unsigned char>(construction_, name, TF_OpKernelConstruction_GetAttrBool) != 0;
}

TF_DataType Settings::type(const char* name) const {
  return attribute<TF_DataType>(construction_, name, TF_OpKernelConstruction_GetAttrType);
}

void registerOperation(const Signature& signature, void* (*create)(TF_OpKernelConstruction*),
                       void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*)) {
  Status status;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(signature.name);
  for (const char* spec : signature.attributes) TF_OpDefinitionBuilderAddAttr(definition, spec);
  for (const char* spec : signature.inputs) TF_OpDefinitionBuilderAddInput(definition, spec);
  for (const char* spec : signature.outputs) TF_OpDefinitionBuilderAddOutput(definition, spec);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknownShape);
  TF_RegisterOpDefinition(definition, status);
  if (!status.failed()) {
    TF_KernelBuilder* kernel = TF_NewKernelBuilder(signature.name, "CPU", create, compute, destroy);
    TF_RegisterKernelBuilder(signature.name, kernel, status);
  }
  if (status.failed()) throw std::runtime_error(std::string(signature.name) + ": " + TF_Message(status));
}

}  // namespace hpl
