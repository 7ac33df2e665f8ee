import { InternalError } from '../../base/unreachable.js';
import type { Handle, NativeBinding, NativeOutput } from '../native/native-backend.js';
import { GraphProgram, GraphRefusal } from './graph-program.js';
import { OperationProgram } from './operation-program.js';
import type { Operation, Program, ProgramParts } from './program.js';
import type { RecordedWork } from './recording-identity.js';
import type { SeenOperation } from './recording.js';
import { withoutDetours } from './without-detours.js';

/** What was recorded, and where it is to run. */
export interface ProgramSource extends RecordedWork {
  /** Whether the processor computes, rather than a graphics card. */
  readonly onProcessor: boolean;
  /** How far an operation may run ahead of those before it, which bounds what is in memory; any way, if absent. */
  readonly operationsAhead?: number;
}

/** A program that does again what was recorded, less what is of no use. It takes over the abandoned constants. */
export function buildProgram(binding: NativeBinding, source: ProgramSource): Program {
  const { operations, results } = withOwnResults(binding, source);
  const direct = withoutDetours(operations, { ...source, results });
  const useful = usefulOperations(direct, results);
  const numbered = new Places(source.inputs.map(({ id }) => id));
  for (const { inputs, outputs } of useful) numbered.see(inputs, outputs);
  const { abandoned } = source.recording;
  const constants = numbered.constants.map((handle) =>
    abandoned.has(handle) ? handle : secondHandle(binding, handle),
  );
  const kept = new Set(constants);
  for (const handle of abandoned) if (!kept.has(handle)) binding.deleteTensor(handle);
  const parts: ProgramParts = {
    inputs: source.inputs,
    constants,
    operationsAhead: source.operationsAhead,
    operations: withLastUses(useful, { numbered, results }),
    results: results.map((output) => ({ place: numbered.of(output.id), output })),
  };
  return (source.onProcessor ? asGraph(binding, parts) : undefined) ?? new OperationProgram(binding, parts);
}

/** Another handle of the same numbers, so that they stay when whoever made them frees them. */
function secondHandle(binding: NativeBinding, handle: Handle): Handle {
  const [twin] = binding.executeOp('Identity', [], [handle], 1);
  if (twin === undefined) throw new InternalError('TensorFlow gave no second handle of a constant');
  return twin.id;
}

/**
 * A graph takes its inputs from the processor's memory: from a card it would copy all weights for every token. And it
 * needs every setting of its operations, some of which TensorFlow finds out by itself where there is no graph.
 */
function asGraph(binding: NativeBinding, parts: ProgramParts): Program | undefined {
  try {
    return new GraphProgram(binding, parts);
  } catch (error) {
    if (error instanceof GraphRefusal) return undefined;
    throw error;
  }
}

interface Sequence {
  readonly operations: readonly SeenOperation[];
  readonly results: readonly NativeOutput[];
}

/** Every result is an operation's own: one that is an input, a constant, or comes twice is passed through an identity. */
function withOwnResults(
  { TF_ATTR_TYPE: type }: NativeBinding,
  { recording, results }: ProgramSource,
): Sequence {
  const computed = new Set(recording.operations.flatMap(({ outputs }) => outputs.map(({ id }) => id)));
  const operations = [...recording.operations];
  const taken = new Set<Handle>();
  const own = results.map((result, index) => {
    if (computed.has(result.id) && !taken.has(result.id)) {
      taken.add(result.id);
      return result;
    }
    // No handle of TensorFlow is negative.
    const output = { ...result, id: -2 - index };
    const attributes = [{ name: 'T', type, value: result.dtype }];
    operations.push({ name: 'Identity', attributes, inputs: [result.id], outputs: [output] });
    return output;
  });
  return { operations, results: own };
}

function usefulOperations(
  operations: readonly SeenOperation[],
  results: readonly NativeOutput[],
): readonly SeenOperation[] {
  const needed = new Set(results.map(({ id }) => id));
  const useful = operations.toReversed().filter(({ inputs, outputs }) => {
    if (!outputs.some(({ id }) => needed.has(id))) return false;
    for (const handle of inputs) needed.add(handle);
    return true;
  });
  return useful.toReversed();
}

/** Numbers the values of a program: inputs, then constants, then what operations give. */
class Places {
  readonly constants: Handle[] = [];
  /** An input that is given twice stands at its last place. */
  readonly #inputs: ReadonlyMap<Handle, number>;
  readonly #constants = new Map<Handle, number>();
  readonly #computed = new Map<Handle, number>();

  constructor(private readonly inputs: readonly Handle[]) {
    this.#inputs = new Map(inputs.map((handle, place) => [handle, place]));
  }

  see(inputs: readonly Handle[], outputs: readonly NativeOutput[]): void {
    for (const handle of inputs) {
      if (this.#inputs.has(handle) || this.#computed.has(handle) || this.#constants.has(handle)) continue;
      this.#constants.set(handle, this.constants.length);
      this.constants.push(handle);
    }
    for (const { id } of outputs) this.#computed.set(id, this.#computed.size);
  }

  /** Only once all was seen: computed values stand behind all constants. */
  of(handle: Handle): number {
    const constant = this.#constants.get(handle);
    if (constant !== undefined) return this.inputs.length + constant;
    const computed = this.#computed.get(handle);
    if (computed !== undefined) return this.inputs.length + this.constants.length + computed;
    return this.#inputs.get(handle) ?? -1;
  }

  isComputed(handle: Handle): boolean {
    return this.#computed.has(handle);
  }
}

/** Says after which operation each value is no longer needed. */
function withLastUses(
  operations: readonly SeenOperation[],
  { numbered, results }: { readonly numbered: Places; readonly results: readonly NativeOutput[] },
): readonly Operation[] {
  const later = new Set(results.map(({ id }) => id));
  const backwards = operations.toReversed().map(({ name, attributes, inputs, outputs }) => {
    const touched = [...new Set([...inputs, ...outputs.map(({ id }) => id)])];
    const finished = touched.filter((handle) => numbered.isComputed(handle) && !later.has(handle));
    for (const handle of inputs) later.add(handle);
    return {
      name,
      attributes,
      inputs: inputs.map((handle) => numbered.of(handle)),
      outputs: outputs.map(({ id }) => numbered.of(id)),
      finished: finished.map((handle) => numbered.of(handle)),
    };
  });
  return backwards.toReversed();
}
