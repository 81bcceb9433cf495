#!/bin/sh
# What an agent program does, without one: reads its one argument, edits a file, commits.
set -eu
set -- $1
command=$1 file=${2%,}
case "$command" in
/document)
    printf '%s\n' "\"\"\"About ${file##*/}.\"\"\"" | cat - "$file" > "$file.new"
    mv "$file.new" "$file"
    ;;
/complete) printf '%s\n' "# example: see the tests" >> "$file" ;;
/summarize)
    file=DOCUMENTED
    echo "$2 of $4" > "$file"
    ;;
*)
    echo "unknown command: $command" >&2
    exit 1
    ;;
esac
git add "$file"
git commit --quiet --message "$command $file"
echo "$command done"
