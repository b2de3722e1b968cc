"""Times rows in PyTorch on CUDA, TF32 off and on, eagerly and as a CUDA graph: python3 peer.py FOLDER RESULTS"""

import glob
import json
import os
import sys
import time

try:
    import numpy as np
    import torch
except ImportError:
    print("no PyTorch here")
    sys.exit(0)
if not torch.cuda.is_available():
    print("PyTorch has no CUDA here")
    sys.exit(0)

folder, results = sys.argv[1:3]
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "bench", "peers"))
from torch_operations import listed, operations  # noqa: E402

torch.set_grad_enabled(False)
dtypes = {"f32": torch.float32, "i32": torch.int32, "i64": torch.int64, "bool": torch.bool}


def load(entry):
    dtype, shape = dtypes[entry["dtype"]], entry["shape"]
    if "data" in entry and shape == []:
        # A number: operations take it from the processor without waiting.
        return torch.tensor(entry["data"][0], dtype=dtype)
    if "data" in entry:
        return torch.tensor(entry["data"], dtype=dtype, device="cuda").reshape(shape)
    return torch.randn(shape, device="cuda") * 0.05 if dtype == torch.float32 else torch.zeros(shape, dtype=dtype, device="cuda")


def measure(run):
    for _ in range(5):
        run()
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    times = max(1, min(500, int(0.1 / (time.perf_counter() - start))))
    rounds = []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(times):
            run()
        torch.cuda.synchronize()
        rounds.append((time.perf_counter() - start) / times * 1e3)
    return sorted(rounds)[1]


report = []
# Networks come last: a graph that cannot be captured leaves the process unable to capture others.
for path in sorted(glob.glob(f"{folder}/*.torch.json"), key=lambda path: ("guidance" in path, "unet" in path, path)):
    name = os.path.basename(path)[: -len(".torch.json")]
    line = {"name": name}
    try:
        graph = json.load(open(path))
        values = {key: load(entry) for key, entry in graph["values"].items()}
        lists = {key: value.tolist() for key, value in values.items() if value.dim() == 1 and value.numel() < 64}
        steps = [(operations[n["op"]], [(x, i in listed.get(n["op"], ())) for i, x in enumerate(n["inputs"])],
                  n["output"], n["attributes"]) for n in graph["nodes"]]

        def run():
            held = dict(values)
            for operation, inputs, output, attributes in steps:
                held[output] = operation(*[lists[x] if as_list else held.get(x) for x, as_list in inputs], **attributes)
            return held[graph["output"]]

        for tf32 in (False, True):
            torch.backends.cuda.matmul.allow_tf32 = tf32
            torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cudnn.benchmark = True
            kind = "tf32" if tf32 else "f32"
            line[f"{kind} eager"] = measure(run)
            try:
                captured = torch.cuda.CUDAGraph()
                with torch.cuda.graph(captured):
                    run()
                line[f"{kind} graph"] = measure(captured.replay)
            except Exception as error:
                line["graph failure"] = f"{type(error).__name__}: {error}"[:300]
                torch.cuda.synchronize()
    except Exception as error:  # one row must not keep the others from being measured
        line["failure"] = f"{type(error).__name__}: {error}"[:300]
    report.append(line)
    print(line, flush=True)
    json.dump({"device": torch.cuda.get_device_name(), "torch": torch.__version__, "report": report}, open(results, "w"), indent=1)
