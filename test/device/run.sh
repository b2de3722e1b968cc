#!/usr/bin/env bash
# On the machine with a graphics processor, in the root of the project: correctness first, then times. Each part may fail
# without keeping the others from running; the status says whether all is right.
set -u
out="${OUT:-.cache}"
if [ -e .cache/gpu/unpack.sh ]; then . .cache/gpu/unpack.sh; fi
status=0
if [ -e .cache/device-plans/run-plans.mjs ]; then
  node .cache/device-plans/run-plans.mjs .cache/device-plans "$out/plan-results.json" "$@" || status=1
  timeout 100 python3 test/device/peer.py .cache/device-plans "$out/peer-results.json" || true
fi
if [ -d .cache/device-cases ]; then node test/device/run.mjs .cache/device-cases "$out/device-results.json" || status=1; fi
exit $status
