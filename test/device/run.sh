#!/usr/bin/env bash
# On the machine with a graphics processor, in the root of the project: correctness first, then times.
set -eu
if [ -e .cache/gpu/unpack.sh ]; then . .cache/gpu/unpack.sh; fi
exec node test/device/run.mjs .cache/device-cases "${OUT:-.cache}/device-results.json"
