"""Decoding of a Llama model of random weights in PyTorch, token by token: the other side of bench/decode.mjs.

A cache of keys and values, or the recurrent form of a conversion (softmax window, linear attention beyond it, one
denominator), written for speed on a processor: weights lie [in, out], as products of one row like them best, those of
one input are packed, memories are written in place. Prints one line of JSON a measurement.
"""

import argparse
import json
import resource
import time

import torch
import torch.nn.functional as F


class Model:
    def __init__(self, config, dtype):
        self.config, self.dtype = config, dtype
        hidden, size = config["hiddenSize"], config["headSize"]
        self.heads, self.kv_heads, self.size = config["heads"], config["keyValueHeads"], size
        self.group = self.heads // self.kv_heads
        inner = config["intermediateSize"]
        self.table = self.random(config["vocabularySize"], hidden)
        self.output = self.table.t().contiguous()
        self.layers = [
            {
                "qkv": self.random(hidden, (self.heads + 2 * self.kv_heads) * size),
                "o": self.random(self.heads * size, hidden),
                "gate_up": self.random(hidden, 2 * inner),
                "down": self.random(inner, hidden),
                "norms": torch.ones(2, hidden),
            }
            for _ in range(config["layers"])
        ]
        self.norm = torch.ones(hidden)
        frequencies = config["ropeTheta"] ** -(torch.arange(0, size, 2).float() / size)
        angles = torch.outer(torch.arange(config["contextLength"]).float(), frequencies)
        self.cosines, self.sines = angles.cos(), angles.sin()

    def random(self, *shape):
        return (torch.randn(*shape) * 0.04).to(self.dtype)

    def product(self, x, weight):
        return (x.to(self.dtype) @ weight).float()

    def normalised(self, x, weight):
        return F.rms_norm(x, (x.shape[-1],), weight, self.config["rmsNormEpsilon"])

    def rotated(self, x, first):
        """x [heads, time, size]."""
        cosine = self.cosines[first : first + x.shape[1]]
        sine = self.sines[first : first + x.shape[1]]
        a, b = x.chunk(2, -1)
        return torch.cat((a * cosine - b * sine, b * cosine + a * sine), -1)

    def step(self, tokens, first, attend):
        """Scores [vocabulary] of the token after `tokens`, of which the first stands at position `first`."""
        x = self.table[tokens].float()
        for index, layer in enumerate(self.layers):
            rows = self.product(self.normalised(x, layer["norms"][0]), layer["qkv"])
            all_heads = rows.view(len(tokens), -1, self.size).transpose(0, 1)
            turned = self.rotated(all_heads[: self.heads + self.kv_heads], first)
            q, k, v = turned[: self.heads], turned[self.heads :], all_heads[self.heads + self.kv_heads :]
            context = attend(index, q, k, v, first)
            x = x + self.product(context.transpose(0, 1).reshape(len(tokens), -1), layer["o"])
            gate, up = self.product(self.normalised(x, layer["norms"][1]), layer["gate_up"]).chunk(2, -1)
            x = x + self.product(F.silu(gate) * up, layer["down"])
        return self.product(self.normalised(x[-1], self.norm), self.output)


class Cache:
    def __init__(self, model, capacity):
        shape = (len(model.layers), model.kv_heads, capacity, model.size)
        self.model = model
        self.keys, self.values = (torch.zeros(shape, dtype=model.dtype) for _ in range(2))

    def bytes(self):
        return self.keys.nbytes + self.values.nbytes

    def __call__(self, layer, q, k, v, first):
        fresh, end = q.shape[1], first + q.shape[1]
        self.keys[layer, :, first:end], self.values[layer, :, first:end] = k, v
        keys, values = self.keys[layer, :, :end], self.values[layer, :, :end]
        q = q.to(self.model.dtype)
        if fresh > 1:
            mask = torch.arange(end)[None] <= torch.arange(first, end)[:, None]
            keys, values = (x.repeat_interleave(self.model.group, 0) for x in (keys, values))
            return F.scaled_dot_product_attention(q[None], keys[None], values[None], attn_mask=mask)[0].float()
        # The queries of a key-value head are rows of one product.
        rows = q.view(1, self.model.kv_heads, self.model.group, self.model.size)
        return F.scaled_dot_product_attention(rows, keys[None], values[None]).view(q.shape).float()


class Recurrent:
    """Decodes only: after a prompt its speed and size do not depend on what was in it."""

    def __init__(self, model, window, features):
        layers, heads = len(model.layers), model.heads
        self.model, self.window = model, window
        ring = (layers, model.kv_heads, window, model.size)
        self.keys, self.values = torch.randn(ring), torch.randn(ring)
        self.sums = torch.rand(layers, heads, 2 * features, model.size + 1)
        self.maps = torch.randn(layers, 2, heads, model.size, features) * 0.1
        self.gamma = torch.full((layers, heads, 1, 1), 0.1)

    def bytes(self):
        return self.keys.nbytes + self.values.nbytes + self.sums.nbytes

    def features(self, x, weight):
        u = torch.bmm(x, weight)
        return torch.cat((torch.softmax(u, -1), torch.softmax(-u, -1)), -1).clamp_(min=1e-12)

    def __call__(self, layer, q, k, v, first):
        model, row = self.model, first % self.window
        keys, values, sums = self.keys[layer], self.values[layer], self.sums[layer]
        leaving_key, leaving_value = (
            x[:, row : row + 1].repeat_interleave(model.group, 0) for x in (keys, values)
        )
        with_one = F.pad(leaving_value, (0, 1), value=1.0)
        sums.baddbmm_(self.features(leaving_key, self.maps[layer, 1]).transpose(1, 2), with_one)
        keys[:, row], values[:, row] = k[:, 0], v[:, 0]
        rows = q.view(model.kv_heads, model.group, model.size)
        scores = torch.bmm(rows, keys.transpose(1, 2)) * model.size**-0.5
        weights = torch.exp(scores - scores.amax(-1, keepdim=True))
        near = torch.bmm(weights, values).view(q.shape) * self.gamma[layer]
        near_mass = weights.sum(-1).view(-1, 1, 1) * self.gamma[layer]
        far = torch.bmm(self.features(q, self.maps[layer, 0]), sums)
        return (near + far[..., :-1]) / (near_mass + far[..., -1:])


@torch.no_grad()
def measure(model, attend, first, count):
    """Seconds of each of `count` tokens from position `first` on; the likeliest token comes next."""
    seconds, token = [], 5
    for position in range(first, first + count):
        start = time.perf_counter()
        token = int(model.step(torch.tensor([token]), position, attend).argmax())
        seconds.append(time.perf_counter() - start)
    return seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True, help="JSON: the shape of the model")
    parser.add_argument("--precision", choices=["fp32", "bf16"], required=True)
    parser.add_argument("--form", choices=["cache", "recurrent"], required=True)
    parser.add_argument("--context", type=int, required=True)
    parser.add_argument("--tokens", type=int, required=True)
    parser.add_argument("--window", type=int, required=True)
    parser.add_argument("--features", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    model = Model(json.loads(options.config), torch.float32 if options.precision == "fp32" else torch.bfloat16)
    if options.form == "cache":
        attend = Cache(model, options.context + options.tokens)
        prompt = torch.arange(options.context) % 1000
        with torch.no_grad():
            for start in range(0, options.context, 128):
                model.step(prompt[start : start + 128], start, attend)
    else:
        attend = Recurrent(model, options.window, options.features)
    seconds = measure(model, attend, options.context, options.tokens)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    version = f"PyTorch {torch.__version__}"
    print(json.dumps({"seconds": seconds, "stateBytes": attend.bytes(), "peakMiB": peak, "version": version}))


main()
