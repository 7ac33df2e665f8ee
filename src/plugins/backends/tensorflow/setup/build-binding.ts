import { mkdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { names } from '../installation.js';
import type { Libraries } from './libraries.js';
import { MissingPiece } from '../../../packages/missing-piece.js';
import type { SetupPlace } from './setup-place.js';
import { lastLines, runTool } from '../../../packages/tools.js';

/** Compiles the binding between Node and TensorFlow. Throws `MissingPiece` with the compiler's last words. */
export async function buildBinding(
  libraries: Libraries,
  nodeHeaders: string,
  place: SetupPlace,
): Promise<void> {
  const sources = join(place.staging, names.package, 'binding');
  const binding = join(place.staging, names.binding);
  await mkdir(dirname(binding), { recursive: true });
  // Relative to the binding, so that the finished folder can be renamed and moved.
  const libraryPath = `$ORIGIN/${relative(dirname(binding), libraries.folder)}`;
  const result = await runTool({
    program: place.tools['g++'],
    arguments: [
      ...['-O2', '-fPIC', '-shared', '-std=c++17'],
      ...['-DNAPI_VERSION=8', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-DBUILDING_NODE_EXTENSION'],
      ...[join(place.staging, names.package), sources, libraries.headers, nodeHeaders].map(
        (path) => `-I${path}`,
      ),
      ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(sources, file)),
      ...['-o', binding, `-L${libraries.folder}`],
      ...libraries.files.map((file) => `-l:${file}`),
      `-Wl,-rpath,${libraryPath}`,
    ],
    folder: place.staging,
    environment: place.environment,
  });
  if (result.code === 0) return;
  throw new MissingPiece(
    `g++ could not compile the binding:\n${lastLines(result.stderr, 8)}`,
    'Use g++ 9 or later (C++17), and a TensorFlow whose headers are complete.',
  );
}
