#include <node_api.h>

#include <exception>

#include "operations.h"

namespace {

void registerAll() {
  hpl::registerBlocks();
  hpl::registerCausalSoftmax();
  hpl::registerChunks();
  hpl::registerGatedUnit();
  hpl::registerHeads();
  hpl::registerLinearSums();
  hpl::registerMix();
  hpl::registerResidual();
  hpl::registerRmsNorm();
  hpl::registerSoftmaxFeatures();
  hpl::registerWindowSoftmax();
}

}  // namespace

/**
 * What Node calls on loading, once for each of its threads that loads this library: makes every fused operation known to
 * TensorFlow, which takes a name once in a process. Throws an `Error` of JavaScript where TensorFlow does not take one.
 */
extern "C" napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  try {
    static const bool registered = (registerAll(), true);
    static_cast<void>(registered);
  } catch (const std::exception& cause) {
    napi_throw_error(env, nullptr, cause.what());
  }
  return exports;
}
