#include <node_api.h>

#include "operations.h"

/** What Node calls when it loads this library: makes every fused operation known to TensorFlow. */
extern "C" napi_value napi_register_module_v1(napi_env, napi_value exports) {
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
  return exports;
}
