import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hybridAttention } from '../../../src/model/hybrid/hybrid-attention.js';
import { hiddenStates } from '../../../src/model/transformer.js';
import { readSafetensors } from '../../../src/model/weights/safetensors.js';
import { loadModel, loadModelFolder, type FolderModel } from '../../../src/plugins/model-artifact.js';
import { exportModel } from '../../../src/plugins/stages/export/plugin.js';
import { unknownToPython } from '../../../src/plugins/stages/export/python-model.js';
import { expectClose, useBackend } from '../../model/tensors.js';
import { tinyWorkplace, type Workplace } from '../evaluation/tiny-workplace.js';
import { runStage, tensorsAlive, trainingContext } from './training-workplace.js';

let workplace: Workplace;
beforeAll(async () => {
  await useBackend('cpu');
  workplace = await tinyWorkplace({ window: 4, linear_scope: 'outside_window', mix: 'joint' });
});
afterAll(() => workplace.remove());

function hidden({ llama, conversion, trained }: FolderModel): tf.Tensor3D {
  const attention = hybridAttention(conversion!, trained, { branch: 'both', renormalise: true });
  return hiddenStates(llama, tf.tensor2d([[5, 9, 2, 40, 7, 7, 31]], undefined, 'int32'), attention);
}

test('an exported conversion computes the same when it is read again', async () => {
  const before = tensorsAlive();
  await runStage(exportModel, { model: { stage: 'hybrid' } }, trainingContext(workplace, 'again'));
  expect(tensorsAlive()).toBe(before);
  const context = trainingContext(workplace, 'reader');
  const original = await loadModel(context.input({ stage: 'hybrid' }), context);
  const read = await loadModelFolder(join(workplace.folder, 'again'), context);
  tf.tidy(() => {
    expectClose(hidden(read), hidden(original), 0);
  });
  original.dispose();
  read.dispose();
});

test('the weights of an exported conversion have the names of the Python modules, and config.json their sizes', async () => {
  await runStage(exportModel, { model: { stage: 'hybrid' } }, trainingContext(workplace, 'named'));
  const folder = join(workplace.folder, 'named');
  const tensors = await readSafetensors(join(folder, 'model.safetensors'));
  const attention = 'model.layers.1.self_attn';
  expect(tensors.get(`${attention}.feature_map.query.weight`)?.shape).toEqual([2, 8, 8]);
  expect(tensors.get(`${attention}.feature_map.key.weight`)?.shape).toEqual([2, 8, 8]);
  expect(tensors.get(`${attention}.mix.gamma`)?.shape).toEqual([2]);
  expect(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))).toMatchObject({
    architectures: ['HplForCausalLM'],
    model_type: 'hpl_hybrid',
    base_model_type: 'llama',
    hybrid: {
      window: 4,
      linear_scope: 'outside_window',
      feature_map: { activation: 'softmax', size: 8 },
      mix: { type: 'joint' },
    },
  });
});

test('what Python does not know of a conversion is named', () => {
  const [hedgehog, fixed] = ['hedgehog', 'fixed'].map((plugin) => ({ plugin, options: {} }));
  const other = { plugin: 'other', options: {} };
  const said = (map = hedgehog!, mix = fixed!): string | undefined =>
    unknownToPython({ window: 4, linear_scope: 'all', feature_map: map, mix });
  expect(said()).toBeUndefined();
  expect(said(other)).toBe('the feature map "other"');
  expect(said(hedgehog, other)).toBe('the mix "other"');
});
