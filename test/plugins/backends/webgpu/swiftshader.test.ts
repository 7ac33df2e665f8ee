import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import type { Diagnosis } from '../../../../src/cli/diagnosis.js';
import { deviations } from '../../../../src/cli/diagnosis.js';
import { conformanceCases } from '../../../../src/model/conformance/cases.js';
import { folderWith, hpl } from '../../../cli/processes.js';
import { noSoftwareDriver, softwareDriver } from './software-driver.js';

// Shaders are compiled one by one, and computed by the processor.
vi.setConfig({ testTimeout: 240_000 });

const driver = softwareDriver();
const onSwiftShader = driver === undefined ? test.skip : test;
const because = driver === undefined ? `: skipped, ${noSoftwareDriver}` : '';
const environment = driver ?? {};

onSwiftShader(`webgpu computes what cpu computes, values and slopes${because}`, async () => {
  // Without TensorFlow: each backend that is ready is compared, which takes its time.
  const { out } = await hpl('/', ['doctor', '--conformance', '--json'], {
    ...environment,
    HPL_CACHE: '/nowhere',
  });
  const { backends } = JSON.parse(out) as Diagnosis;
  const webgpu = backends.find(({ name }) => name === 'webgpu');
  expect(webgpu?.status).toMatchObject({ ready: true, info: { name: 'webgpu', software: true } });
  const conformance = webgpu?.conformance ?? { completed: false, reason: 'it was not compared' };
  expect(deviations(conformance)).toEqual([]);
  expect(conformance).toHaveProperty('cases.length', conformanceCases.length);
});

onSwiftShader(`auto passes a driver in software over${because}`, async () => {
  const { out } = await hpl('/', ['doctor', '--json'], environment);
  expect(out).toContain('"software": true');
  const text = await hpl('/', ['doctor'], environment);
  expect(text.out).not.toContain('takes webgpu');
});

onSwiftShader(`numbers after a refused operation are never taken for results${because}`, async () => {
  const modules = fileURLToPath(new URL('../../../../dist/src/plugins/backends/webgpu/', import.meta.url));
  const program = `
    const { findDawn } = await import('${modules}dawn.js');
    const { startWebgpu } = await import('${modules}start.js');
    const { default: tf } = await import('@tensorflow/tfjs');
    await startWebgpu(findDawn());
    await startWebgpu(findDawn());
    console.log([...(await tf.tensor1d([1, 2]).add(1).data())].join());
    const large = tf.fill([32768, 16384], 1).slice([0, 0], [1, 2]);
    await large.data().catch((error) => console.log(error.name, error.message));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env: { ...process.env, ...environment },
    cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
  });
  const [sum, failure] = stdout.split('\n').filter((line) => /^(\d|StageFailure)/.test(line));
  expect(sum).toBe('2,3');
  expect(failure).toMatch(
    /^StageFailure The graphics card refused an operation: Buffer size \(2147483648\) exceeds the max buffer size limit \(\d+\)\. What was computed since is worth nothing\. If it is about memory or the size of a buffer, lower the batch or the context, or use another backend\.$/,
  );
});

test('a pipeline that asks for webgpu where there is none fails in plan, and hpl check asks no driver', async () => {
  const folder = folderWith({});
  const text = 'hpl 1\n\npipeline p {\n  backend = webgpu\n\n  model m { source = "." }\n}\n';
  writeFileSync(join(folder, 'p.hpl'), text);
  const nowhere = { VK_DRIVER_FILES: '/nowhere.json', VK_ICD_FILENAMES: '/nowhere.json' };
  const checked = await hpl(folder, ['check', 'p.hpl'], nowhere);
  expect(checked.code).toBe(0);
  const planned = await hpl(folder, ['plan', 'p.hpl'], nowhere);
  expect(planned.code).toBe(5);
  expect(planned.err).toContain('Dawn finds no graphics card');
});
