#pragma once

namespace hpl {

void registerBlocks();
void registerCausalSoftmax();
void registerChunks();
void registerGatedUnit();
void registerHeads();
void registerLinearSums();
void registerMix();
void registerResidual();
void registerRmsNorm();
void registerSoftmaxFeatures();
void registerWindowSoftmax();

}  // namespace hpl
