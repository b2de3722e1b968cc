"""Runs a graph of ONNX operations in PyTorch, eagerly. Started by torch.ts with a folder and a number of threads.

The folder holds graph.json and data.bin. Each line of standard input is "run" (answered "done") or "output" (which leaves
the result in output.bin).
"""

import json
import sys

import numpy as np
import torch

from torch_operations import listed, operations

folder, threads = sys.argv[1], int(sys.argv[2])
torch.set_num_threads(threads)
torch.set_grad_enabled(False)
graph = json.load(open(f"{folder}/graph.json"))
data = np.fromfile(f"{folder}/data.bin", dtype=np.uint8)
dtypes = {"f32": np.float32, "i32": np.int32, "i64": np.int64, "bool": np.uint8}


def load(entry):
    array = data[entry["offset"] : entry["offset"] + entry["bytes"]].view(dtypes[entry["dtype"]])
    return torch.from_numpy(array.reshape(entry["shape"]).copy())


values = {name: load(entry) for name, entry in graph["values"].items()}
lists = {name: value.tolist() for name, value in values.items() if value.dim() == 1 and value.numel() < 64}
steps = [
    (operations[n["op"]], [(name, i in listed.get(n["op"], ())) for i, name in enumerate(n["inputs"])], n["output"],
     n["attributes"])
    for n in graph["nodes"]
]
last = {name: i for i, (_, inputs, _, _) in enumerate(steps) for name, _ in inputs}


def run():
    held = dict(values)
    for i, (operation, inputs, output, attributes) in enumerate(steps):
        args = [lists[name] if as_list else held.get(name) for name, as_list in inputs]
        held[output] = operation(*args, **attributes)
        for name, _ in inputs:
            if last[name] == i and name not in values and name != graph["output"]:
                held.pop(name, None)
    return held[graph["output"]]


for line in sys.stdin:
    result = run()
    if line.strip() == "output":
        result.contiguous().numpy().tofile(f"{folder}/output.bin")
    print("done", flush=True)
