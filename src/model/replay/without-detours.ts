import type { Handle, NativeOutput } from '../native/native-backend.js';
import { fittingProduct } from './fitting-products.js';
import type { SeenOperation } from './recording.js';

/** What surrounds a sequence of operations. */
export interface Surroundings {
  readonly inputs: readonly NativeOutput[];
  readonly results: readonly NativeOutput[];
  /** Whether the processor computes, rather than a graphics card. */
  readonly onProcessor: boolean;
}

/**
 * The operations without casts and reshapes that change nothing, and without the first of two reshapes in a row; on a
 * processor with the products that fit it.
 */
export function withoutDetours(
  operations: readonly SeenOperation[],
  surroundings: Surroundings,
): readonly SeenOperation[] {
  const simplifier = new Simplifier(surroundings);
  return operations.flatMap((operation) => simplifier.simplified(operation));
}

class Simplifier {
  readonly #shapes: Map<Handle, readonly number[]>;
  readonly #results: ReadonlySet<Handle>;
  /** Values that are another value under a second name. */
  readonly #same = new Map<Handle, Handle>();
  /** For what came out of a reshape: what went in. */
  readonly #reshaped = new Map<Handle, Handle>();

  constructor(private readonly surroundings: Surroundings) {
    this.#shapes = new Map(surroundings.inputs.map(({ id, shape }) => [id, shape]));
    this.#results = new Set(surroundings.results.map(({ id }) => id));
  }

  simplified(operation: SeenOperation): readonly SeenOperation[] {
    const direct = {
      ...operation,
      inputs: operation.inputs.map((handle) => this.#same.get(handle) ?? handle),
    };
    for (const { id, shape } of operation.outputs) this.#shapes.set(id, shape);
    if (isIdleCast(direct)) return this.#renamed(direct, direct.inputs[0]);
    if (direct.name === 'Reshape') return this.#reshape(direct);
    return [this.surroundings.onProcessor ? fittingProduct(direct, this.#shapes) : direct];
  }

  #reshape(operation: SeenOperation): readonly SeenOperation[] {
    const [first = -1, ...shape] = operation.inputs;
    const [output] = operation.outputs;
    const source = this.#reshaped.get(first) ?? first;
    if (String(this.#shapes.get(source)) === String(output?.shape)) return this.#renamed(operation, source);
    if (output !== undefined) this.#reshaped.set(output.id, source);
    return [{ ...operation, inputs: [source, ...shape] }];
  }

  /** Nothing where the operation's output can go by its input's name: a result needs a value of its own. */
  #renamed(operation: SeenOperation, source: Handle | undefined): readonly SeenOperation[] {
    const [output] = operation.outputs;
    if (output === undefined || source === undefined || this.#results.has(output.id)) return [operation];
    this.#same.set(output.id, source);
    return [];
  }
}

function isIdleCast({ name, attributes }: SeenOperation): boolean {
  if (name !== 'Cast') return false;
  const typeOf = (end: string): unknown => attributes.find((attribute) => attribute.name === end)?.value;
  return typeOf('SrcT') === typeOf('DstT');
}
