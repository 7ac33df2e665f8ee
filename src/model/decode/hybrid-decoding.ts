import * as tf from '@tensorflow/tfjs';
import type { ModelConfig } from '../config.js';
import type { DecodedBranch } from '../hybrid/branch-parts.js';
import type { Conversion } from '../hybrid/conversion.js';
import { decode, emptyState, type LayerConversion } from '../hybrid/decode.js';
import { layerTensors } from '../hybrid/layer-tensors.js';
import { repeatHeads } from '../repeat-heads.js';
import type { LayerQkv } from '../transformer.js';
import type { HybridMemory } from './hybrid-memory.js';
import { decodeToken } from './hybrid-token.js';
import type { DecodedLayer, LayerDecoding, LayerMemory, SharedTensors } from './layer-decoding.js';
import { isTokenPlace, manyPlace, ringOf, tokenPlace, windowOf } from './window-ring.js';

/**
 * The recurrent form of a converted model, or of one of its branches alone at weight 1: what a layer remembers has the
 * same size however long the sequence. `trained` holds the conversion's tensors by their full names.
 */
export function hybridDecoding(
  conversion: Conversion,
  trained: ReadonlyMap<string, tf.Tensor>,
  branch: DecodedBranch,
): LayerDecoding {
  const { window } = conversion;
  const layers = new Map<number, LayerConversion>();
  const layerAt = (index: number): LayerConversion => {
    const layer = layers.get(index) ?? {
      conversion,
      branch,
      featureMap: layerTensors(trained, index, 'feature_map'),
      mix: layerTensors(trained, index, 'mix'),
    };
    layers.set(index, layer);
    return layer;
  };
  return {
    shared: ({ first, fresh }, config: ModelConfig) =>
      fresh === 1 && first >= window
        ? tokenPlace(first, window, config)
        : manyPlace({ first, fresh }, window, config),
    attend: (memory, tokens, { layer, shared }) =>
      tf.tidy(() =>
        memory !== undefined && isTokenPlace(shared)
          ? decodeToken(memory as HybridMemory, tokens, { layer: layerAt(layer), place: shared })
          : decodeMany(memory as HybridMemory | undefined, tokens, { layer: layerAt(layer), shared }),
      ),
  };
}

interface Many {
  readonly layer: LayerConversion;
  readonly shared: SharedTensors;
}

/** Takes in any number of tokens, with a window that may not be full yet. */
function decodeMany(
  memory: HybridMemory | undefined,
  { q, k, v }: LayerQkv,
  { layer, shared }: Many,
): DecodedLayer {
  const [, heads] = q.shape;
  const keyValueHeads = k.shape[1];
  const all = { q, k: repeatHeads(k, heads), v: repeatHeads(v, heads) };
  const before =
    memory === undefined
      ? emptyState(all, layer)
      : {
          keys: repeatHeads(windowOf(memory.keys, shared, keyValueHeads), heads),
          values: repeatHeads(windowOf(memory.values, shared, keyValueHeads), heads),
          sums: memory.sums,
        };
  const { output, state } = decode(before, all, layer);
  const { keys, values, sums } = state;
  const next: LayerMemory = {
    keys: ringOf(keys, shared, keyValueHeads),
    values: ringOf(values, shared, keyValueHeads),
    sums,
  };
  return { output, memory: next };
}
