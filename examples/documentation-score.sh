#!/bin/sh
# How well a module is documented, as the JSON that a validation prints.
score=0 missing=""
if grep -q '^"""' "$1"; then score=$((score + 50)); else missing='"a docstring"'; fi
if grep -q '^# example' "$1"; then score=$((score + 50)); else missing="$missing${missing:+, }\"an example\""; fi
printf '{"score": %s, "missing": [%s]}\n' "$score" "$missing"
