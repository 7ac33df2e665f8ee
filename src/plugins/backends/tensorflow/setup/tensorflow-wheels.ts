import { findWheels, noWheel, type PipPlace, type Wheel } from '../../../packages/find-wheels.js';
import type { Variant } from '../location.js';
import { tensorflowVersion } from '../versions.js';

/** What pip is asked for. */
export function requirement(variant: Variant): string {
  return variant === 'cuda'
    ? `tensorflow[and-cuda]==${tensorflowVersion}`
    : `tensorflow-cpu==${tensorflowVersion}`;
}

/**
 * The libraries do not depend on Python, so one fixed version of it is named: setup then works beside any Python,
 * and every machine gets the same file.
 */
const target = [
  ...['--implementation', 'cp', '--python-version', '3.11'],
  ...['--platform', 'manylinux_2_27_x86_64', '--platform', 'manylinux2014_x86_64'],
];

/**
 * The wheels with TensorFlow: of the CUDA build's requirements, only TensorFlow and NVIDIA's libraries are wanted.
 * Throws `MissingPiece`.
 */
export async function tensorflowWheels(variant: Variant, place: PipPlace): Promise<readonly Wheel[]> {
  const search = {
    requirement: requirement(variant),
    arguments: [...target, ...(variant === 'cpu' ? ['--no-deps'] : [])],
    content: 'the wheel with TensorFlow',
    alternative: 'pass --from DIR',
  };
  const wheels = await findWheels(search, place);
  const wanted = wheels.filter(({ file }) => /^(?:tensorflow|nvidia)[_-]/.test(file));
  if (wanted.length === 0) throw noWheel(search);
  return wanted;
}
