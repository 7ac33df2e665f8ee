import * as tf from '@tensorflow/tfjs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { conformanceCases } from '../../../src/model/conformance/cases.js';
import { rounding } from '../../../src/model/conformance/operation-case.js';
import { partCases } from '../../../src/model/conformance/part-cases.js';
import { runConformance } from '../../../src/model/conformance/run-conformance.js';
import { hasFusedOperations } from '../../../src/model/native/fused.js';
import { nativeBackend, type NativeBinding } from '../../../src/model/native/native-backend.js';
import { tensorflow } from '../../../src/plugins/backends/tensorflow.js';
import { wasm } from '../../../src/plugins/backends/wasm.js';
import { operationsOfModel } from './operations-of-model.js';
import { noComponents, useTensorflow } from '../use-tensorflow.js';

test.for([wasm, tensorflow])(
  '$name computes what cpu computes, values and slopes',
  async (plugin, { skip }) => {
    const backend = await plugin.create({}, noComponents);
    const status = await backend.probe();
    if (!status.ready) skip(`${status.reason} ${status.remedy}`);
    await backend.start();
    // Masks and tables of rotation are made once and kept.
    await runConformance(plugin.name, conformanceCases);
    const tensors = tf.memory().numTensors;
    const results = await runConformance(plugin.name, conformanceCases);
    expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
    expect(results).toHaveLength(conformanceCases.length);
    expect(tf.memory().numTensors).toBe(tensors);
  },
);

test('a kernel that is missing or wrong is found and named', async () => {
  tf.registerBackend('crooked', () => tf.engine().registryFactory['cpu']?.factory() as tf.KernelBackend);
  tf.copyRegisteredKernels('cpu', 'crooked');
  tf.unregisterKernel('Relu', 'crooked');
  const exp = tf.getKernel('Exp', 'crooked');
  tf.unregisterKernel('Exp', 'crooked');
  tf.registerKernel({ ...exp, kernelFunc: tf.getKernel('Expm1', 'crooked').kernelFunc });
  const cases = conformanceCases.filter(({ name }) => ['relu', 'exp', 'add'].includes(name));
  expect(await runConformance('crooked', cases)).toEqual([
    expect.objectContaining({ name: 'add', outcome: 'agrees' }) as unknown,
    expect.objectContaining({ name: 'exp', outcome: 'deviates', place: 'slope of input 0' }) as unknown,
    expect.objectContaining({
      name: 'relu',
      outcome: 'fails',
      reason: expect.stringContaining("Kernel 'Relu' not registered") as unknown,
    }) as unknown,
  ]);
});

test('a wrong slope is found where the value is right', async () => {
  let onCpu = true;
  const crookedOnWasm = {
    name: 'double',
    operations: [],
    inputs: [[3]],
    tolerance: rounding,
    compute: (x: tf.Tensor | undefined) => {
      const factor = tf.getBackend() === 'cpu' ? 2 : 3;
      onCpu &&= factor === 2;
      return tf.customGrad((...given) => ({
        value: tf.mul(given[0] as tf.Tensor, 2),
        gradFunc: (dy) => tf.mul(dy, factor),
      }))(x as tf.Tensor);
    },
  };
  const [result] = await runConformance('wasm', [crookedOnWasm]);
  expect(onCpu).toBe(false);
  expect(result).toMatchObject({ outcome: 'deviates', place: 'slope of input 0' });
});

test('a backend that tfjs does not know is an error, not a silent comparison of cpu with itself', async () => {
  await expect(runConformance('abacus', conformanceCases)).rejects.toThrow('abacus');
});

test('every operation that model code calls has a case', () => {
  const covered = new Set(conformanceCases.flatMap(({ operations }) => operations));
  expect(operationsOfModel().filter((name) => !covered.has(name))).toEqual([]);
});

test('every operation of native/ that float32 needs has a case', async (context) => {
  await useTensorflow(context);
  if (!hasFusedOperations()) context.skip('the fused operations were not compiled; run "npx hpl setup"');
  const backend = nativeBackend()!;
  const { binding } = backend;
  const executed = new Set<string>();
  const executeOp: NativeBinding['executeOp'] = (name, ...rest) => {
    executed.add(name);
    return binding.executeOp(name, ...rest);
  };
  backend.binding = Object.create(binding, { executeOp: { value: executeOp } }) as NativeBinding;
  try {
    const results = await runConformance('tensorflow', partCases);
    expect(results.filter(({ outcome }) => outcome !== 'agrees')).toEqual([]);
  } finally {
    backend.binding = binding;
  }
  const text = await readFile(join(import.meta.dirname, '../../../src/model/native/fused.ts'), 'utf8');
  const [union = ''] = /export type FusedOperation =[^;]*;/.exec(text) ?? [];
  const known = [...union.matchAll(/'(\w+)'/g)].map(([, name]) => `Hpl${name}`);
  // It adds numbers of half the width, which "cpu" does not have.
  expect(known.filter((name) => !executed.has(name))).toEqual(['HplResidual']);
});
