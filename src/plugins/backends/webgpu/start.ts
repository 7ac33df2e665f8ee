import * as tf from '@tensorflow/tfjs';
import { registerWebgpuAddMany } from '../../../model/kernels/webgpu-add-many.js';
import { StageFailure } from '../../../runtime/contract/stage.js';
import type { AdapterInfo, Dawn, DawnPackages } from './dawn.js';

const backendName = 'webgpu';

/** The part of tfjs's backend that hpl itself uses. */
interface DawnBackend extends tf.KernelBackend {
  readonly device: {
    addEventListener(type: 'uncapturederror', listen: (event: DeviceError) => void): void;
    readonly lost: Promise<{ readonly message: string }>;
  };
}

interface DeviceError {
  readonly error: { readonly message: string };
}

let adapter: AdapterInfo | undefined;

/**
 * Makes WebGPU the backend of tfjs, with the kernel that fails there replaced. A second call changes nothing. Throws when
 * there is no adapter or tfjs does not take the backend.
 *
 * What a card refuses, such as memory, it tells outside of the call that asked for it, and every number computed from
 * there on is zero. So reading any tensor after such an error throws `StageFailure`.
 */
export async function startWebgpu(packages: DawnPackages): Promise<AdapterInfo> {
  adapter ??= await register(packages);
  // A backend that fails to start leaves tfjs on another one without an exception.
  const taken = await tf.setBackend(backendName);
  await tf.ready();
  if (!taken || tf.getBackend() !== backendName) throw new Error('tfjs refused the webgpu backend');
  refuseBrokenNumbers(tf.backend() as DawnBackend);
  return adapter;
}

async function register(packages: DawnPackages): Promise<AdapterInfo> {
  const dawn = (await import(packages.dawn)) as Dawn;
  const gpu = dawn.create([]);
  const found = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (found === null) throw new Error('Dawn finds no graphics card.');
  Object.assign(globalThis, dawn.globals);
  // tfjs looks for the card in a browser's place, while its package is loaded. From Node 21 on that place is taken.
  Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true, writable: true });
  await import(packages.backend);
  registerWebgpuAddMany();
  // Small tensors would be computed in JavaScript: what the comparison of backends covers is then not what runs.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  return found.info;
}

const guarded = new WeakSet<object>();

function refuseBrokenNumbers(backend: DawnBackend): void {
  if (guarded.has(backend)) return;
  guarded.add(backend);
  let broken: string | undefined;
  const remember = (message: string): void => {
    broken ??= message.split('\n')[0] ?? message;
  };
  backend.device.addEventListener('uncapturederror', ({ error }) => {
    remember(error.message);
  });
  void backend.device.lost.then(({ message }) => {
    remember(`The device was lost: ${message}`);
  });
  const read = backend.read.bind(backend);
  backend.read = async (id) => {
    const values = await read(id);
    if (broken !== undefined) throw refusal(broken);
    return values;
  };
}

function refusal(message: string): StageFailure {
  return new StageFailure(
    `The graphics card refused an operation: ${message} What was computed since is worth nothing. If it is about ` +
      'memory or the size of a buffer, lower the batch or the context, or use another backend.',
  );
}
