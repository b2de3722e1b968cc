#!/usr/bin/env bash
# On the machine with a graphics processor, in the root of the project: run.sh [plans] [peer] [cases], or all of them.
# A part that fails does not keep the others from running; the status says whether all is right.
set -u
out="${OUT:-.cache}"
if [ -e .cache/gpu/unpack.sh ]; then . .cache/gpu/unpack.sh; fi
status=0
for part in ${@:-plans peer cases}; do
  echo "== $part"
  case $part in
    plans) timeout 150 node .cache/device-plans/run-plans.mjs .cache/device-plans "$out/plan-results.json" || status=1 ;;
    peer) timeout 90 python3 test/device/peer.py .cache/device-plans "$out/peer-results.json" || true ;;
    cases) timeout 150 node test/device/run.mjs .cache/device-cases "$out/device-results.json" || status=1 ;;
  esac
done
exit $status
