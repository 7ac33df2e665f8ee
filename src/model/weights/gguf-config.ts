import type { Json, JsonObject } from '../../base/json.js';
import { ModelFileError } from '../model-file-error.js';
import type { GgufFile } from './gguf.js';
import { llama3Scaling } from './gguf-rope-factors.js';

/** The `model_type` of config.json by GGUF's name of the architecture. Mistral files call themselves llama. */
const architectures: Readonly<Record<string, string>> = { llama: 'llama', qwen2: 'qwen2', qwen3: 'qwen3' };

/** The architecture that a file names, one of those that can be read. Throws a `ModelFileError`. */
export function ggufArchitecture({ file, metadata }: GgufFile): string {
  const name = metadata.get('general.architecture');
  if (typeof name === 'string' && Object.hasOwn(architectures, name)) return name;
  const known = Object.keys(architectures).join(', ');
  throw new ModelFileError(
    file,
    `the architecture is ${JSON.stringify(name ?? null)}; ${known} can be read. Name a model of one of these.`,
  );
}

/** The config.json of the model in a GGUF file. Rejects with a `ModelFileError`. */
export async function ggufConfig(source: GgufFile): Promise<JsonObject> {
  const architecture = ggufArchitecture(source);
  const read = (key: string): Json | undefined => metadataNumber(source, `${architecture}.${key}`);
  const heads = read('attention.head_count');
  const hidden = read('embedding_length');
  const window = read('attention.sliding_window');
  return defined({
    model_type: architectures[architecture],
    hidden_act: 'silu',
    hidden_size: hidden,
    num_hidden_layers: read('block_count'),
    num_attention_heads: heads,
    num_key_value_heads: read('attention.head_count_kv') ?? heads,
    head_dim: read('attention.key_length') ?? read('rope.dimension_count') ?? quotient(hidden, heads),
    intermediate_size: read('feed_forward_length'),
    vocab_size: source.tensors.get('token_embd.weight')?.shape[0],
    max_position_embeddings: read('context_length'),
    rms_norm_eps: read('attention.layer_norm_rms_epsilon'),
    rope_theta: read('rope.freq_base'),
    rope_scaling: await ropeScaling(source, architecture),
    tie_word_embeddings: !source.tensors.has('output.weight'),
    attention_bias: source.tensors.has('blk.0.attn_q.bias'),
    ...(window === undefined
      ? {}
      : { sliding_window: window, use_sliding_window: true, max_window_layers: 0 }),
    bos_token_id: metadataNumber(source, 'tokenizer.ggml.bos_token_id'),
    eos_token_id: metadataNumber(source, 'tokenizer.ggml.eos_token_id'),
  });
}

function quotient(hidden: Json | undefined, heads: Json | undefined): Json | undefined {
  return typeof hidden === 'number' && typeof heads === 'number' ? hidden / heads : undefined;
}

/** Single precision, as 9.999999747378752e-06, is shortened to the decimal that was meant. */
function metadataNumber({ file, metadata }: GgufFile, key: string): Json | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toPrecision(7));
  throw new ModelFileError(
    file,
    `the metadata key "${key}" is no number. Models whose layers differ in shape cannot be read.`,
  );
}

async function ropeScaling(source: GgufFile, architecture: string): Promise<Json | undefined> {
  if (source.tensors.has('rope_freqs.weight')) {
    return llama3Scaling((await source.read('rope_freqs.weight')).values, source, architecture);
  }
  const type = source.metadata.get(`${architecture}.rope.scaling.type`) ?? 'none';
  const factor = metadataNumber(source, `${architecture}.rope.scaling.factor`);
  if (type === 'none') return undefined;
  if (type === 'linear' && typeof factor === 'number') return { rope_type: 'linear', factor };
  throw new ModelFileError(
    source.file,
    `the rotary scaling ${JSON.stringify(type)} cannot be read; none, linear and that of Llama 3 can. ` +
      'Name a model with one of these.',
  );
}

function defined(entries: Readonly<Record<string, Json | undefined>>): JsonObject {
  const object: Record<string, Json> = {};
  for (const [key, value] of Object.entries(entries)) if (value !== undefined) object[key] = value;
  return object;
}
