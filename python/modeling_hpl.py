"""A decoder that hpl converted to hybrid window and linear attention, for transformers.

Each layer mixes softmax attention over a sliding window with linear attention over a learned feature map. Sequences are
read in pieces: a piece sees the last keys and values of the window and the sums that stand for all older ones, so that
time is linear in the length, and what is remembered while generating has constant size.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn
from transformers import GenerationMixin, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutputWithPast

from .configuration_hpl import HplConfig

# Added to a score, it leaves no weight; finite, so that no difference of scores is undefined.
HIDDEN = -1e30
# Added to the denominator, so that a query without keys gives 0.
EPSILON = 1e-12
# The smallest feature.
SMALLEST = 1e-12
# Tokens that are read at once.
PIECE = 128


class HplCache:
    """What all layers remember of a batch of sequences. Its size does not depend on their length.

    A layer has: keys and values [batch, heads, at most window, head_dim], oldest first, which of these are no padding
    [batch, at most window], and the sums of phi(k) [v, 1]' [batch, heads, features, head_dim + 1]; all in float32.
    """

    is_compileable = False

    def __init__(self, layers):
        self.layers = [None] * layers
        self.seen_tokens = 0
        # Tokens so far that are no padding, for each sequence.
        self.positions = None

    def get_seq_length(self, layer_idx=0):
        return self.seen_tokens

    def get_max_cache_shape(self, layer_idx=0):
        return -1

    def get_max_length(self):
        return None

    def state_bytes(self):
        """Bytes of all that is remembered."""
        tensors = [tensor for layer in self.layers if layer is not None for tensor in layer]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def reorder_cache(self, beam_idx):
        self._each(lambda tensor: tensor.index_select(0, beam_idx.to(tensor.device)))

    def batch_repeat_interleave(self, repeats):
        self._each(lambda tensor: tensor.repeat_interleave(repeats, dim=0))

    def batch_select_indices(self, indices):
        self._each(lambda tensor: tensor[indices, ...])

    def crop(self, max_length):
        raise NotImplementedError("Sums over tokens cannot forget the last ones.")

    def _each(self, change):
        self.layers = [
            None if layer is None else tuple(change(tensor) for tensor in layer) for layer in self.layers
        ]
        if self.positions is not None:
            self.positions = change(self.positions)


class HplRMSNorm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.epsilon = epsilon

    def forward(self, x):
        wide = x.float()
        normalised = wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + self.epsilon)
        return self.weight * normalised.to(x.dtype)


def rotary_frequencies(config, device):
    """Radians for each position, [head_dim / 2], with the scaling "linear" or "llama3" where the config names one."""
    pairs = torch.arange(0, config.head_dim, 2, dtype=torch.int64, device=device).float()
    frequencies = 1.0 / (config.rope_theta ** (pairs / config.head_dim))
    scaling = config.hpl_rope
    kind = scaling.get("rope_type", scaling.get("type", "default"))
    if kind == "default":
        return frequencies
    slowed = frequencies / scaling["factor"]
    if kind == "linear":
        return slowed
    if kind != "llama3":
        raise ValueError(f'The rotary embedding type "{kind}" is not known: default, linear and llama3 are.')
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    turns = scaling["original_max_position_embeddings"] * frequencies / (2 * math.pi)
    smooth = (turns - low) / (high - low)
    blended = (1 - smooth) * slowed + smooth * frequencies
    return torch.where(turns < low, slowed, torch.where(turns > high, frequencies, blended))


def rotate(x, cosine, sine):
    first, second = x.chunk(2, dim=-1)
    return x * cosine + torch.cat((-second, first), dim=-1) * sine


class HeadProjection(nn.Module):
    """One matrix for each head: [batch, heads, time, head_dim] to [batch, heads, time, size]."""

    def __init__(self, heads, head_dim, size):
        super().__init__()
        self.weight = nn.Parameter(torch.eye(head_dim, size).repeat(heads, 1, 1))

    def forward(self, x):
        return torch.matmul(x, self.weight.float())


class HedgehogFeatureMap(nn.Module):
    """A learned projection per head, separate for queries and keys, then an activation (arXiv 2402.04347)."""

    def __init__(self, config):
        super().__init__()
        options = config.hybrid["feature_map"]
        self.activation = options["activation"]
        shape = (config.num_attention_heads, config.head_dim, options["size"])
        self.query = HeadProjection(*shape)
        self.key = HeadProjection(*shape)

    def queries(self, q):
        return self.features(self.query(q))

    def keys(self, k):
        return self.features(self.key(k))

    def features(self, u):
        if self.activation == "softmax":
            both = torch.cat((u.softmax(-1), (-u).softmax(-1)), dim=-1)
        elif self.activation == "exp":
            largest, smallest = u.amax(-1, keepdim=True), u.amin(-1, keepdim=True)
            both = torch.cat(((u - largest).exp(), (smallest - u).exp()), dim=-1)
        elif self.activation == "relu":
            both = u.relu()
        elif self.activation == "one_plus_elu":
            both = F.elu(u) + 1
        elif self.activation == "none":
            return u
        else:
            raise ValueError(f'The activation "{self.activation}" is not known.')
        return both.clamp_min(SMALLEST)


class FixedMix(nn.Module):
    """A constant weight of the window."""

    def __init__(self, config):
        super().__init__()
        self.window = config.hybrid["mix"]["window"]

    def forward(self, window_mass, linear_mass):
        return torch.full_like(linear_mass, self.window)


class JointMix(nn.Module):
    """One denominator over both branches; terms of the window times a learned factor (arXiv 2410.10254)."""

    def __init__(self, config):
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(config.num_attention_heads))

    def forward(self, window_mass, linear_mass):
        weighted = self.gamma.float().sigmoid().view(1, -1, 1, 1) * window_mass
        return weighted / (weighted + linear_mass)


MIXES = {"fixed": FixedMix, "joint": JointMix}


class HybridAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.window = config.hybrid["window"]
        self.sees_all = config.hybrid["linear_scope"] == "all"
        self.feature_map = HedgehogFeatureMap(config)
        self.mix = MIXES[config.hybrid["mix"]["type"]](config)
        base, biased = config.base_model_type, config.attention_bias
        biases = base == "qwen2" or (base != "mistral" and biased)
        queries = config.num_attention_heads * config.head_dim
        keys = config.num_key_value_heads * config.head_dim
        self.q_proj = nn.Linear(config.hidden_size, queries, bias=biases)
        self.k_proj = nn.Linear(config.hidden_size, keys, bias=biases)
        self.v_proj = nn.Linear(config.hidden_size, keys, bias=biases)
        self.o_proj = nn.Linear(queries, config.hidden_size, bias=biased and base in ("llama", "qwen3"))
        if base == "qwen3":
            self.q_norm = HplRMSNorm(config.head_dim, config.rms_norm_eps)
            self.k_norm = HplRMSNorm(config.head_dim, config.rms_norm_eps)

    def forward(self, x, memory, place):
        """x [batch, time, hidden] to the same, and what the layer remembers then."""
        q, k, v = (tensor.float() for tensor in self.project(x, place))
        local = self.with_remembered(memory, k, v, place)
        y, sums = self.attend(q, local, memory, place)
        kept = slice(max(0, local["keys"].shape[2] - self.window), None)
        remembered = (local["keys"][:, :, kept], local["values"][:, :, kept], local["valid"][:, kept], sums)
        joined = y.to(x.dtype).transpose(1, 2).reshape(*x.shape[:2], -1)
        return self.o_proj(joined), remembered

    def project(self, x, place):
        def heads(projected):
            return projected.view(*x.shape[:2], -1, self.config.head_dim).transpose(1, 2)

        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(x)), heads(self.v_proj(x))
        if self.config.base_model_type == "qwen3":
            q, k = self.q_norm(q), self.k_norm(k)
        cosine, sine = place["cosine"].to(x.dtype), place["sine"].to(x.dtype)
        group = self.config.num_attention_heads // self.config.num_key_value_heads
        k, v = rotate(k, cosine, sine).repeat_interleave(group, dim=1), v.repeat_interleave(group, dim=1)
        return rotate(q, cosine, sine), k, v

    def with_remembered(self, memory, k, v, place):
        """The keys of the window before this piece, and those of the piece."""
        fresh = k.shape[2]
        if memory is None:
            keys, values, valid = k, v, place["valid"]
        else:
            keys, values = torch.cat((memory[0], k), dim=2), torch.cat((memory[1], v), dim=2)
            valid = torch.cat((memory[2], place["valid"]), dim=1)
        count = keys.shape[2]
        at = torch.arange(count, device=k.device)
        steps = at[count - fresh :].unsqueeze(1) - at.unsqueeze(0)
        return {"keys": keys, "values": values, "valid": valid, "steps": steps, "remembered": count - fresh}

    def attend(self, q, local, memory, place):
        """Both branches, mixed, [batch, heads, time, head_dim]; and the sums with the keys that came in."""
        window, window_mass = self.window_branch(q, local)
        sums = None if memory is None else memory[3]
        linear, linear_mass, sums = self.linear_branch(q, local, sums)
        weight = self.mix(window_mass, linear_mass)
        if not self.sees_all:
            # A query without a key outside the window has the window alone.
            seen = (place["positions"] >= self.window)[:, None, :, None]
            weight = torch.where(seen, weight, torch.ones_like(weight))
        return linear + weight * (window - linear), sums

    def window_branch(self, q, local):
        steps = local["steps"]
        seen = ((steps >= 0) & (steps < self.window)) & local["valid"][:, None, None, :]
        scores = q @ local["keys"].transpose(2, 3) / math.sqrt(q.shape[-1])
        scores = torch.where(seen, scores, torch.full_like(scores, HIDDEN))
        weights = (scores - scores.amax(-1, keepdim=True)).exp()
        mass = weights.sum(-1, keepdim=True)
        return weights @ local["values"] / mass, mass

    def linear_branch(self, q, local, sums):
        queries = self.feature_map.queries(q)
        count = local["keys"].shape[2]
        # The keys that come into the sums with this piece; the others are in them, or wait.
        rows = slice(local["remembered"], count) if self.sees_all else slice(0, max(0, count - self.window))
        values = local["values"][:, :, rows]
        values = torch.cat((values, torch.ones_like(values[..., :1])), dim=-1)
        keys = self.feature_map.keys(local["keys"][:, :, rows]) * local["valid"][:, None, rows, None]
        delay = 0 if self.sees_all else self.window
        products = (queries @ keys.transpose(2, 3)) * (local["steps"][:, rows] >= delay)
        seen = products @ values
        added = keys.transpose(2, 3) @ values
        if sums is not None:
            seen, added = seen + queries @ sums, added + sums
        mass = seen[..., -1:]
        return seen[..., :-1] / (mass + EPSILON), mass, added


class HplMLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.up_proj = nn.Linear(config.hidden_size, config.intermediate_size, bias=False)
        self.down_proj = nn.Linear(config.intermediate_size, config.hidden_size, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class HplDecoderLayer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self_attn = HybridAttention(config)
        self.mlp = HplMLP(config)
        self.input_layernorm = HplRMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_attention_layernorm = HplRMSNorm(config.hidden_size, config.rms_norm_eps)

    def forward(self, x, memory, place):
        attended, memory = self.self_attn(self.input_layernorm(x), memory, place)
        x = x + attended
        return x + self.mlp(self.post_attention_layernorm(x)), memory


class HplPreTrainedModel(PreTrainedModel):
    config_class = HplConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = False
    _no_split_modules = ["HplDecoderLayer"]
    # What was read cannot be taken back, so no method of generation may try to.
    _is_stateful = True

    def _init_weights(self, module):
        super()._init_weights(module)
        with torch.no_grad():
            if isinstance(module, HplRMSNorm):
                nn.init.ones_(module.weight)
            elif isinstance(module, JointMix):
                nn.init.zeros_(module.gamma)
            elif isinstance(module, HeadProjection):
                _, rows, columns = module.weight.shape
                module.weight.copy_(torch.eye(rows, columns).expand_as(module.weight))


class HplModel(HplPreTrainedModel):
    """All layers: tokens to normalised hidden states."""

    def __init__(self, config):
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(HplDecoderLayer(config) for _ in range(config.num_hidden_layers))
        self.norm = HplRMSNorm(config.hidden_size, config.rms_norm_eps)
        self.post_init()

    def get_input_embeddings(self):
        return self.embed_tokens

    def set_input_embeddings(self, value):
        self.embed_tokens = value

    def forward(self, input_ids=None, attention_mask=None, inputs_embeds=None, past_key_values=None, **kwargs):
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        cache = past_key_values if past_key_values is not None else HplCache(len(self.layers))
        valid = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        if attention_mask is not None:
            # It may speak of the tokens before these too.
            valid = attention_mask[:, -x.shape[1] :].to(torch.bool)
        pieces = [
            self.read(x[:, start : start + PIECE], valid[:, start : start + PIECE], cache)
            for start in range(0, x.shape[1], PIECE)
        ]
        return self.norm(torch.cat(pieces, dim=1)), cache

    def read(self, x, valid, cache):
        """One piece through all layers."""
        place = self.place_of(valid, cache)
        for index, layer in enumerate(self.layers):
            x, cache.layers[index] = layer(x, cache.layers[index], place)
        cache.seen_tokens += x.shape[1]
        cache.positions = place["read"]
        return x

    def place_of(self, valid, cache):
        """Where the tokens of a piece stand. Padding has no position of its own."""
        before = torch.zeros_like(valid[:, 0], dtype=torch.long) if cache.positions is None else cache.positions
        read = before[:, None] + valid.long().cumsum(-1)
        positions = (read - 1).clamp_min(0)
        angles = positions[..., None].float() * rotary_frequencies(self.config, valid.device)
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        return {
            "valid": valid,
            "positions": positions,
            "read": read[:, -1],
            "cosine": angles.cos(),
            "sine": angles.sin(),
        }


class HplForCausalLM(HplPreTrainedModel, GenerationMixin):
    """Scores of the next token; `generate` decodes recurrently, with an `HplCache`."""

    def __init__(self, config):
        super().__init__(config)
        self.model = HplModel(config)
        # A tied output projection is the embedding table itself.
        self.lm_head = (
            None if config.tie_word_embeddings else nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        )
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def set_input_embeddings(self, value):
        self.model.embed_tokens = value

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def forward(
        self,
        input_ids=None,
        attention_mask=None,
        inputs_embeds=None,
        past_key_values=None,
        labels=None,
        use_cache=None,
        logits_to_keep=0,
        return_dict=None,
        **kwargs,
    ):
        hidden, cache = self.model(input_ids, attention_mask, inputs_embeds, past_key_values)
        kept = hidden[:, -logits_to_keep:] if logits_to_keep else hidden
        head = self.model.embed_tokens if self.lm_head is None else self.lm_head
        logits = F.linear(kept, head.weight)
        loss = None
        if labels is not None:
            predicted = logits[:, :-1].float().flatten(0, 1)
            loss = F.cross_entropy(predicted, labels[:, 1:].flatten().to(logits.device))
        use_cache = self.config.use_cache if use_cache is None else use_cache
        output = CausalLMOutputWithPast(loss=loss, logits=logits, past_key_values=cache if use_cache else None)
        return output.to_tuple() if return_dict is False else output

    def prepare_inputs_for_generation(self, input_ids, past_key_values=None, attention_mask=None, **kwargs):
        seen = 0 if past_key_values is None else past_key_values.get_seq_length()
        # What was read before is in the cache.
        new = input_ids[:, seen:] if input_ids.shape[1] > seen else input_ids[:, -1:]
        return {
            "input_ids": new,
            "attention_mask": attention_mask,
            "past_key_values": past_key_values,
            "use_cache": kwargs.get("use_cache", True),
            "logits_to_keep": 1,
        }

    def _prepare_cache_for_generation(self, generation_config, model_kwargs, *args, **kwargs):
        if generation_config.use_cache is not False and model_kwargs.get("past_key_values") is None:
            model_kwargs["past_key_values"] = HplCache(self.config.num_hidden_layers)
