"""The operations of ONNX graphs in PyTorch."""

import torch
import torch.nn.functional as F


def conv(x, weight, bias=None, strides=None, pads=None, dilations=None, group=1, **_):
    half = len(pads) // 2
    if pads[:half] != pads[half:]:
        raise ValueError("uneven padding")
    f = F.conv1d if half == 1 else F.conv2d
    return f(x, weight, bias, strides, pads[:half], dilations, group)


def sliced(x, start, end, axes, step):
    if any(s < 0 for s in step):
        return torch.flip(x, axes)
    place = [slice(None)] * x.dim()
    for s, e, a, t in zip(start, end, axes, step):
        place[a] = slice(s, e, t)
    return x[tuple(place)]


def padded(x, widths, value):
    half = len(widths) // 2
    pairs = [w for axis in reversed(range(half)) for w in (widths[axis], widths[half + axis])]
    return F.pad(x, pairs, value=float(value))


casts = {1: torch.float32, 6: torch.int32, 9: torch.bool}
operations = {
    "Add": torch.add, "Sub": torch.sub, "Mul": torch.mul, "Div": torch.div, "Neg": torch.neg, "Exp": torch.exp,
    "Log": torch.log, "Sqrt": torch.sqrt, "Reciprocal": torch.reciprocal, "Sigmoid": torch.sigmoid, "Sin": torch.sin,
    "Cos": torch.cos, "Tanh": torch.tanh, "Erf": torch.erf, "Abs": torch.abs, "Max": torch.maximum,
    "Min": torch.minimum, "Equal": torch.eq, "Less": torch.lt, "LessOrEqual": torch.le, "Where": torch.where,
    "MatMul": torch.matmul, "Conv": conv, "Slice": sliced, "Pad": padded,
    "Silu": F.silu, "Attention": F.scaled_dot_product_attention,
    "WeightGradient": lambda x, ct, shape, padding: torch.nn.grad.conv2d_weight(x, shape, ct, padding=padding),
    "Cast": lambda x, to: x.to(casts[to]),
    "Reshape": lambda x, shape: x.reshape(shape),
    "Expand": lambda x, shape: x.expand(shape),
    "Transpose": lambda x, perm: x.permute(perm),
    "Concat": lambda *xs, axis: torch.cat(xs, axis),
    "ReduceSum": lambda x, axes, keepdims: torch.sum(x, axes, keepdim=True),
    "ReduceMax": lambda x, axes, keepdims: torch.amax(x, axes, keepdim=True),
    "ReduceMin": lambda x, axes, keepdims: torch.amin(x, axes, keepdim=True),
    "Softmax": lambda x, axis: torch.softmax(x, axis),
    "LogSoftmax": lambda x, axis: torch.log_softmax(x, axis),
    "GroupNormalization": lambda x, scale, bias, num_groups, epsilon: F.group_norm(x, num_groups, scale, bias, epsilon),
    "AveragePool": lambda x, kernel_shape, strides, pads, count_include_pad: F.avg_pool2d(x, kernel_shape, strides),
    "Resize": lambda x, _, scales, **__: F.interpolate(x, scale_factor=scales[2:], mode="nearest"),
    "Gather": lambda x, indices, axis: torch.index_select(x, axis, indices),
    "GatherElements": lambda x, indices, axis: torch.gather(x, axis, indices.long()),
    "ScatterElements": lambda x, indices, updates, axis, reduction: x.scatter_add(axis, indices.long(), updates),
}
# Operands that are lists of numbers in PyTorch.
listed = {"Reshape": (1,), "Expand": (1,), "Slice": (1, 2, 3, 4), "Pad": (1,), "Resize": (2,),
          "ReduceSum": (1,), "ReduceMax": (1,), "ReduceMin": (1,)}
