import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import util from 'node:util';
import { compileFunction } from 'node:vm';

type Require = (name: string) => unknown;
type Body = (exports: object, require: Require, module: { exports: object }) => void;

/**
 * Functions that Node 23 removed from `util` and that the package still calls. Given to the package alone, so that
 * the module that everybody else sees stays as it is.
 */
const utilities = {
  ...util,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: (value: unknown) => Array.isArray(value),
};

/**
 * Loads CommonJS files of @tensorflow/tfjs-node-gpu that lie outside any `node_modules`, and lets each of their
 * imports of tfjs mean hpl's own tfjs. Kernels and tensors then belong to the one tfjs that the model code uses;
 * a second copy would compute on tensors that the first does not know.
 *
 * The messages of TensorBoard are left out: they need one more package, and nothing here writes them.
 */
export function loadPackage(folder: string): (file: string) => unknown {
  const nodeRequire: Require = createRequire(import.meta.url);
  const loaded = new Map<string, { exports: object }>();

  const load = (file: string): object => {
    const known = loaded.get(file);
    if (known) return known.exports;
    const module = { exports: {} };
    loaded.set(file, module);
    const body = compileFunction(readFileSync(file, 'utf8'), ['exports', 'require', 'module'], {
      filename: file,
    }) as Body;
    body(module.exports, requireFrom(file), module);
    return module.exports;
  };

  const requireFrom =
    (file: string): Require =>
    (name) => {
      if (name.startsWith('@tensorflow/tfjs')) return nodeRequire('@tensorflow/tfjs');
      if (name === 'util') return utilities;
      if (name === './proto/api_pb') return {};
      if (!name.startsWith('.')) return nodeRequire(name);
      const target = resolve(dirname(file), name);
      return load(existsSync(`${target}.js`) ? `${target}.js` : join(target, 'index.js'));
    };

  return (file) => load(join(folder, file));
}
