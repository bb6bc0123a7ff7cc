#!/usr/bin/env bash
# Checks the format of the files that are about to be committed, and the rules of the house. Changes nothing.
set -u
cd "$(git rev-parse --show-toplevel)" || exit 1
mapfile -t files < <(git diff --cached --name-only --diff-filter=ACMR -- '*.h' '*.cc')
status=0
if [ "${#files[@]}" -gt 0 ] && ! clang-format --dry-run --Werror "${files[@]}"; then
    echo "Type: clang-format -i ${files[*]}" >&2
    status=1
fi
python3 -B tests/tidy/tidy.py || status=1
exit "$status"
