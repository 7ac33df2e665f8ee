import { realpath } from 'node:fs/promises';
import { ModelFileError } from '../model-file-error.js';
import { ggufArchitecture } from './gguf-config.js';
import { GgufFile, type GgufTensor } from './gguf.js';
import type { ArrayTensor } from './safetensors.js';
import type { WeightEntry, WeightFile } from './weight-file.js';

/** The weights of a GGUF file under Hugging Face names and in Hugging Face's order of rows. */
export class GgufWeights implements WeightFile {
  readonly entries: ReadonlyMap<string, WeightEntry>;

  private constructor(
    private readonly source: GgufFile,
    private readonly names: ReadonlyMap<string, string>,
    private readonly permuted: boolean,
  ) {
    this.entries = new Map(
      [...names].flatMap(([name, stored]): [string, WeightEntry][] => {
        const tensor = source.tensors.get(stored);
        return tensor === undefined ? [] : [[name, { type: 'F32', shape: tensor.shape }]];
      }),
    );
  }

  /** Opens the file. Rejects with a `ModelFileError`, also where it holds weights that no readable model has. */
  static async open(file: string): Promise<GgufWeights> {
    // Messages name the user's file rather than an artifact's link to it.
    const source = await GgufFile.open(await realpath(file).catch(() => file));
    try {
      const architecture = ggufArchitecture(source);
      return new GgufWeights(source, huggingFaceNames(source), architecture === 'llama');
    } catch (error) {
      await source.close();
      throw error;
    }
  }

  get file(): string {
    return this.source.file;
  }

  async read(name: string): Promise<ArrayTensor> {
    const tensor = await this.source.read(this.names.get(name) ?? name);
    const heads = this.permuted ? this.headsOf(name) : undefined;
    return heads === undefined ? tensor : halvesFromPairs(tensor, heads);
  }

  async close(): Promise<void> {
    await this.source.close();
  }

  private headsOf(name: string): number | undefined {
    const heads = this.source.metadata.get('llama.attention.head_count');
    if (/\.q_proj\.(weight|bias)$/.test(name)) return positive(heads);
    if (!/\.k_proj\.(weight|bias)$/.test(name)) return undefined;
    return positive(this.source.metadata.get('llama.attention.head_count_kv') ?? heads);
  }
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

/**
 * llama.cpp turns neighbouring rows of a head, Hugging Face rows half a head apart; the converter to GGUF reorders
 * the rows of the query and key projections of Llama for that. This undoes it: row 2i + s of a head becomes row
 * i + s · headSize/2.
 */
export function halvesFromPairs({ shape, values }: ArrayTensor, heads: number): ArrayTensor {
  const [rows = 0] = shape;
  const columns = rows === 0 ? 0 : values.length / rows;
  const headSize = rows / heads;
  const ordered = values.slice();
  for (let row = 0; row < rows; row += 1) {
    const within = row % headSize;
    const target = row - within + (within >> 1) + (within & 1) * (headSize / 2);
    ordered.set(values.subarray(row * columns, (row + 1) * columns), target * columns);
  }
  return { shape, values: ordered };
}

const wholeModel: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

const ofLayer: Readonly<Record<string, string>> = {
  attn_norm: 'input_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  attn_q_norm: 'self_attn.q_norm',
  attn_k_norm: 'self_attn.k_norm',
  ffn_norm: 'post_attention_layernorm',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

/** Part of the config rather than a weight. */
const ropeFactors = 'rope_freqs.weight';

function huggingFaceNames({ file, tensors }: GgufFile): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name } of tensors.values()) {
    if (name !== ropeFactors) names.set(huggingFaceName(name, file), name);
  }
  return names;
}

function huggingFaceName(name: GgufTensor['name'], file: string): string {
  const whole = wholeModel[name];
  if (whole !== undefined) return whole;
  const [, layer = '', part = '', kind = ''] = /^blk\.(\d+)\.(\w+)\.(weight|bias)$/.exec(name) ?? [];
  const known = ofLayer[part];
  if (known !== undefined) return `model.layers.${layer}.${known}.${kind}`;
  throw new ModelFileError(
    file,
    `tensor "${name}" belongs to no decoder that can be read; mixtures of experts and the like cannot. ` +
      'Name a plain Llama, Mistral or Qwen model.',
  );
}
