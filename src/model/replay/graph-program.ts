import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InternalError } from '../../base/unreachable.js';
import { elementTypes } from '../native/element-types.js';
import type { Handle, NativeBinding, NativeOutput } from '../native/native-backend.js';
import {
  attributeMessage,
  savedModelMessage,
  shapeMessage,
  tensorMessage,
  typeMessage,
  type GraphNode,
  type GraphValue,
} from './graph-message.js';
import type { Operation, Program, ProgramParts } from './program.js';

/** Some operations do not make a graph that TensorFlow takes; the message says why. */
export class GraphRefusal extends Error {
  override readonly name = 'GraphRefusal';
}

/**
 * A program as one graph, which TensorFlow runs by itself: starting an operation costs it a fifth of what it costs from
 * outside, and its second thread has no time to fall asleep between products.
 */
export class GraphProgram implements Program {
  readonly #session: number;
  readonly #fed: readonly Handle[];
  readonly #inputNames: string;
  readonly #outputNames: string;

  /** Throws a `GraphRefusal` where TensorFlow does not take the operations as a graph. */
  constructor(
    private readonly binding: NativeBinding,
    private readonly parts: ProgramParts,
  ) {
    const graph = new GraphBuilder(binding, parts);
    this.#fed = graph.fed;
    this.#inputNames = graph.fedNames.map((name) => `${name}:0`).join();
    this.#outputNames = parts.results.map(({ place }) => portOf(graph.valueAt(place))).join();
    // Last: what is loaded stays until this program is disposed of.
    this.#session = loaded(binding, savedModelMessage(graph.nodes));
  }

  run(inputs: readonly Handle[]): readonly NativeOutput[] {
    return this.binding.runSavedModel(
      this.#session,
      [...inputs, ...this.#fed],
      this.#inputNames,
      this.#outputNames,
    );
  }

  dispose(): void {
    this.binding.deleteSavedModel(this.#session);
    for (const handle of this.parts.constants) this.binding.deleteTensor(handle);
  }
}

function portOf({ node, index }: GraphValue): string {
  return `${node}:${index}`;
}

/** TensorFlow takes a graph from a folder only, and needs the folder no longer than that. */
function loaded(binding: NativeBinding, savedModel: Uint8Array): number {
  let folder: string | undefined;
  try {
    folder = mkdtempSync(join(tmpdir(), 'hpl-graph-'));
    writeFileSync(join(folder, 'saved_model.pb'), savedModel);
    return binding.loadSavedModel(folder, 'serve');
  } catch (cause) {
    throw new GraphRefusal('the graph could not be written for TensorFlow, or was refused', { cause });
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}

/** Constants of more elements are handed over with every run instead of being copied into the graph. */
const largestCopied = 4096;

/** Types that constants are copied in. */
const copiedTypes: readonly number[] = [elementTypes.float32, elementTypes.int32];

class GraphBuilder {
  readonly nodes: GraphNode[] = [];
  /** What is handed over behind the inputs, and the names of all that is handed over. */
  readonly fed: Handle[] = [];
  readonly fedNames: string[] = [];
  /** The nodes of operations, in their order. */
  readonly #operations: string[] = [];
  readonly #values = new Map<number, GraphValue>();
  /** Nodes that read a place. */
  readonly #readers = new Map<number, string[]>();

  constructor(
    private readonly binding: NativeBinding,
    private readonly parts: ProgramParts,
  ) {
    for (const [place, input] of parts.inputs.entries()) this.#placeholder(place, input);
    for (const [index, handle] of parts.constants.entries())
      this.#constant(parts.inputs.length + index, handle);
    for (const operation of parts.operations) this.#operation(operation);
  }

  valueAt(place: number): GraphValue {
    const value = this.#values.get(place);
    if (value === undefined) throw new InternalError(`nothing stands at place ${place} of a program`);
    return value;
  }

  #placeholder(place: number, { dtype, shape }: NativeOutput): void {
    const name = `p${place}`;
    this.#add(place, {
      name,
      operation: 'Placeholder',
      attributes: [
        ['dtype', typeMessage(dtype)],
        ['shape', shapeMessage(shape)],
      ],
    });
    this.fedNames.push(name);
  }

  #constant(place: number, handle: Handle): void {
    const [copy] = this.binding.executeOp('Identity', [], [handle], 1);
    if (copy === undefined) throw new InternalError('TensorFlow gave no copy of a constant');
    const { dtype, shape, id } = copy;
    if (shape.reduce((a, b) => a * b, 1) > largestCopied || !copiedTypes.includes(dtype)) {
      this.#placeholder(place, copy);
      this.fed.push(handle);
    } else {
      const values = this.binding.tensorDataSync(id);
      const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      this.#add(place, {
        name: `c${place}`,
        operation: 'Const',
        attributes: [
          ['dtype', typeMessage(dtype)],
          ['value', tensorMessage(dtype, shape, content)],
        ],
      });
    }
    this.binding.deleteTensor(id);
  }

  #add(place: number, node: Pick<GraphNode, 'name' | 'operation' | 'attributes'>): void {
    this.nodes.push({ ...node, inputs: [], after: [] });
    this.#values.set(place, { node: node.name, index: 0 });
  }

  #operation({ name: operation, attributes, inputs, outputs }: Operation): void {
    const name = `n${this.nodes.length}`;
    for (const [index, place] of outputs.entries()) this.#values.set(place, { node: name, index });
    this.nodes.push({
      name,
      operation,
      inputs: inputs.map((place) => this.valueAt(place)),
      after: this.#awaited(operation, inputs),
      attributes: attributes.map((attribute) => {
        const value = attributeMessage(attribute);
        if (value === undefined)
          throw new GraphRefusal(`a graph cannot hold "${attribute.name}" of ${operation}`);
        return [attribute.name, value] as const;
      }),
    });
    for (const place of inputs) this.#readers.set(place, [...(this.#readers.get(place) ?? []), name]);
  }

  /** Nodes that a new one waits for, beside those whose values it reads. */
  #awaited(operation: string, inputs: readonly number[]): readonly string[] {
    // What overwrites a value has to wait for those that read it before.
    const readers = operation === 'InplaceUpdate' ? (this.#readers.get(inputs[0] ?? -1) ?? []) : [];
    const { operationsAhead = Infinity } = this.parts;
    const before = this.#operations.at(-operationsAhead);
    this.#operations.push(`n${this.nodes.length}`);
    return [...readers, ...(before === undefined ? [] : [before])];
  }
}
