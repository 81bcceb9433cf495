#!/bin/sh
# Fans a workflow out over containers of this machine: plan, then shards side by side, then one that collects and publishes.
#
#   sh examples/fanout.sh prodigy.yml 5        5 shards; results in prodigy-fanout/
#   sh examples/fanout.sh prodigy.yml 5        again, at the same commit: runs what failed or is unfinished
#
# JOBS is how many shards run at a time (4). PRODIGY is the program for a machine that has it: PRODIGY=prodigy-action.
# Run it at the top of a checkout. Every shard works in a clone of its own; only results directories go in and out.
set -eu

results=$PWD/prodigy-fanout
image=ghcr.io/org/prodigy-action:0.1.0

# Runs the action in the current directory.
prodigy() {
  if [ -n "${PRODIGY:-}" ]; then
    "$PRODIGY" "$@"
  else
    docker run --rm --volume "$PWD:/github/workspace" "$image" "$@"
  fi
}

# The first attempt at NAME that has no results yet.
next() {
  attempt=1
  while [ -e "$results/$1-attempt-$attempt" ]; do attempt=$((attempt + 1)); done
  echo "$1-attempt-$attempt"
}

if [ "$1" = --shard ]; then
  workflow=$2 total=$3 index=$4
  clone=$(mktemp -d)
  trap 'rm -rf "$clone"' EXIT
  git clone --quiet --depth 1 "file://$PWD" "$clone"
  mkdir "$clone/prodigy-earlier"
  cp -R "$results/plan" "$results/shard-$index"-attempt-* "$clone/prodigy-earlier" 2>/dev/null || true
  name=$(next "shard-$index")
  cd "$clone"
  code=0
  prodigy run "$workflow" --phase map --shard-index "$index" --shard-total "$total" \
    --resume-from prodigy-earlier --results-dir prodigy-shard || code=$?
  [ ! -e prodigy-shard ] || cp -R prodigy-shard "$results/$name"
  exit "$code"
fi

workflow=$1 total=$2
if [ ! -e "$results/plan" ]; then
  mkdir -p "$results"
  prodigy run "$workflow" --phase setup --shards "$total" --results-dir prodigy-fanout/plan
fi
# What shards could not do is in their results: the last job gives the verdict.
seq 0 $((total - 1)) | xargs -P "${JOBS:-4}" -n 1 sh "$0" --shard "$workflow" "$total" || true
prodigy run "$workflow" --phase reduce --resume-from prodigy-fanout --results-dir prodigy-results
