"""Writes a model of half a megabyte that a llama.cpp server loads in a moment.

It has learnt nothing: whatever it reads, it likes best to end what it is in (a string, a list, an object, the answer).
Under a JSON Schema it therefore gives the shortest JSON that fits, which is what a test of the way there needs.
"""

import sys

import numpy as np
from gguf import GGUFWriter, TokenType

DIM, FEED_FORWARD, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 32768

random = np.random.default_rng(7)
tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % byte for byte in range(256)]
types = [TokenType.UNKNOWN, TokenType.CONTROL, TokenType.CONTROL] + [TokenType.BYTE] * 256
for byte in range(32, 127):
    tokens.append("\u2581".encode() if byte == 32 else bytes([byte]))
    types.append(TokenType.NORMAL)

model = GGUFWriter(sys.argv[1], "llama")
model.add_name("tiny")
model.add_context_length(CONTEXT)
model.add_embedding_length(DIM)
model.add_block_count(LAYERS)
model.add_feed_forward_length(FEED_FORWARD)
model.add_head_count(HEADS)
model.add_head_count_kv(HEADS)
model.add_layer_norm_rms_eps(1e-5)
model.add_rope_dimension_count(DIM // HEADS)
model.add_vocab_size(len(tokens))
model.add_file_type(0)
model.add_tokenizer_model("llama")
model.add_token_list(tokens)
model.add_token_scores([0.0] * len(tokens))
model.add_token_types(types)
model.add_bos_token_id(1)
model.add_eos_token_id(2)
model.add_unk_token_id(0)
model.add_chat_template(
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}assistant:"
)


def noise(name, *shape):
    model.add_tensor(name, (random.standard_normal(shape) * 0.01).astype(np.float32))


model.add_tensor("token_embd.weight", np.ones((len(tokens), DIM), dtype=np.float32))
model.add_tensor("output_norm.weight", np.ones(DIM, dtype=np.float32))
liking = np.zeros((len(tokens), DIM), dtype=np.float32)
for token, weight in [(b'"', 0.3), (b"}", 0.3), (b"]", 0.3), (b"</s>", 0.3), (b"0", 0.2)]:
    liking[tokens.index(token)] = weight
model.add_tensor("output.weight", liking)
for layer in range(LAYERS):
    prefix = f"blk.{layer}."
    for norm in ("attn_norm", "ffn_norm"):
        model.add_tensor(f"{prefix}{norm}.weight", np.ones(DIM, dtype=np.float32))
    for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
        noise(f"{prefix}{part}.weight", DIM, DIM)
    noise(f"{prefix}ffn_gate.weight", FEED_FORWARD, DIM)
    noise(f"{prefix}ffn_up.weight", FEED_FORWARD, DIM)
    noise(f"{prefix}ffn_down.weight", DIM, FEED_FORWARD)
model.write_header_to_file()
model.write_kv_data_to_file()
model.write_tensors_to_file()
model.close()
