"""Configuration of a decoder that hpl converted to hybrid window and linear attention."""

from transformers import PretrainedConfig


class HplConfig(PretrainedConfig):
    """The sizes of a Llama, Mistral, Qwen2 or Qwen3, and under `hybrid` how its attention was converted.

    hybrid: window (keys that a query sees, its own included), linear_scope ("all" keys for the linear branch, or those
    "outside_window"), feature_map (activation and columns of the projection), mix (type "fixed" with the weight of the
    window, or "joint").
    """

    model_type = "hpl_hybrid"
    keys_to_ignore_at_inference = ["past_key_values"]

    def __init__(
        self,
        base_model_type="llama",
        vocab_size=256,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=None,
        head_dim=None,
        max_position_embeddings=2048,
        rms_norm_eps=1e-5,
        rope_theta=10000.0,
        rope_scaling=None,
        attention_bias=False,
        tie_word_embeddings=False,
        hybrid=None,
        use_cache=True,
        **kwargs,
    ):
        self.base_model_type = base_model_type
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads or num_attention_heads
        self.head_dim = head_dim or hidden_size // num_attention_heads
        self.max_position_embeddings = max_position_embeddings
        self.rms_norm_eps = rms_norm_eps
        self.rope_theta = rope_theta
        # Versions of transformers rename "rope_scaling"; this name stays.
        self.hpl_rope = kwargs.pop("hpl_rope", None) or rope_scaling or {}
        self.attention_bias = attention_bias
        self.hybrid = hybrid or {
            "window": 64,
            "linear_scope": "outside_window",
            "feature_map": {"activation": "softmax", "size": self.head_dim},
            "mix": {"type": "fixed", "window": 0.5},
        }
        self.use_cache = use_cache
        super().__init__(tie_word_embeddings=tie_word_embeddings, **kwargs)
