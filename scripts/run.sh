#!/bin/sh
# Runs one of the repository's jobs on a bare checkout that has Node and npm only: `npm run demo` is `sh scripts/run.sh demo`.
# The job takes this process's place, so its signals and its ending are those of `npm run demo`.
cd "$(dirname "$0")/.." || exit
job=$1
[ $# -gt 0 ] && shift
case $job in
  demo) program=examples/src/demo/main.ts ;;
  example)
    program=examples/src/$1/main.ts
    [ $# -gt 0 ] && shift
    ;;
  bench | conformance) program=test/src/$job/main.ts ;;
  test | check | format | setup) program=scripts/jobs/$job.ts ;;
  *) program= ;;
esac
if [ ! -f "$program" ]; then
  echo "There is no such job: ${program:-$job}. Jobs: setup, demo, example NAME, test, check, format, bench, conformance." >&2
  echo "Examples: $(cd examples/src && echo */main.ts | sed 's:/main.ts::g')" >&2
  exit 2
fi
node_folder=$(node scripts/bootstrap/main.mjs) || exit
PATH=$PWD/node_modules/.bin:$node_folder:$PATH
export PATH
exec node --conditions=@millrace/source "$program" "$@"
