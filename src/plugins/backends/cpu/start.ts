import * as tf from '@tensorflow/tfjs';

/** Makes plain JavaScript the backend of tfjs. A second call changes nothing. */
export async function startCpu(): Promise<void> {
  const taken = await tf.setBackend('cpu');
  await tf.ready();
  if (!taken || tf.getBackend() !== 'cpu') throw new Error('tfjs refused the cpu backend');
  // At its first use in Node this backend advertises another package on the console.
  (tf.backend() as tf.KernelBackend & { firstUse: boolean }).firstUse = false;
}
