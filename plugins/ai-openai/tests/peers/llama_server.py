"""Serves a model by llama.cpp's own server, on loopback, until its standard input ends."""

import sys

import xllamacpp

params = xllamacpp.CommonParams()
params.model.path = sys.argv[1]
params.model_alias = {"tiny"} if isinstance(params.model_alias, set) else ["tiny"]
params.n_ctx = 32768
params.n_parallel = 1
params.port = int(sys.argv[2])
params.api_keys = [sys.argv[3]]
params.warmup = False
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
