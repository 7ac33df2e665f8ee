import * as tf from '@tensorflow/tfjs';
import type { Conversion } from '../hybrid/conversion.js';
import {
  decode,
  emptyState,
  type DecodeState,
  type DecodedBranch,
  type LayerConversion,
} from '../hybrid/decode.js';
import { layerTensors } from '../hybrid/layer-tensors.js';
import { repeatHeads } from '../repeat-heads.js';
import type { LayerDecoding } from './layer-decoding.js';

/**
 * The recurrent form of a converted model, or of one of its branches alone at weight 1: what a layer remembers has the
 * same size however long the sequence. `trained` holds the conversion's tensors by their full names.
 */
export function hybridDecoding(
  conversion: Conversion,
  trained: ReadonlyMap<string, tf.Tensor>,
  branch: DecodedBranch,
): LayerDecoding {
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
    shared: () => ({}),
    attend: (memory, { q, k, v }, place) =>
      tf.tidy(() => {
        const layer = layerAt(place.layer);
        const heads = q.shape[1];
        const tokens = { q, k: repeatHeads(k, heads), v: repeatHeads(v, heads) };
        // What comes back was given out by this function.
        const before = (memory as DecodeState | undefined) ?? emptyState(tokens, layer);
        const { output, state } = decode(before, tokens, layer);
        return { output, memory: state };
      }),
  };
}
