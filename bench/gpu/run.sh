#!/bin/sh
# Runs what `pack.ts` packed, on a machine that has nothing and no network: unpacks it beside this file at the first call.
#
#     run.sh gpu --minutes M --out DIR        everything that the GPU should tell
#     run.sh several --seconds S --out DIR LIST.json
#     run.sh softq train swimmer …            the command line
#     run.sh deno …                           Deno itself, in the packed repository
#
# SOFTQ_UNPACKED names another folder to unpack into.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
unpacked=${SOFTQ_UNPACKED:-$here/unpacked}
if [ ! -e "$unpacked/ready" ]; then
  mkdir -p "$unpacked"
  unxz_all() { # a bare machine has xz, or else Python, whose library has it
    if command -v xz > /dev/null; then xz -dc "$1"; else
      python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"
    fi
  }
  unxz_all "$here"/deno-*.xz > "$unpacked/deno"
  chmod +x "$unpacked/deno"
  unxz_all "$here/softq.tar.xz" | tar -x -C "$unpacked"
  : > "$unpacked/ready"
fi
# Loaders of drivers, where they were packed and the machine lacks one: NVIDIA's driver for Vulkan wants OpenGL's too.
has_loaders() {
  for library in libvulkan.so.1 libEGL.so.1 libGLX.so.0; do
    ldconfig -p 2> /dev/null | grep -q "$library" || return 1
  done
}
if ls "$here"/loaders/*.deb > /dev/null 2>&1 && ! has_loaders; then
  mkdir -p "$unpacked/loaders"
  for deb in "$here"/loaders/*.deb; do dpkg -x "$deb" "$unpacked/loaders"; done
  for folder in "$unpacked"/loaders/usr/lib/*-linux-gnu; do
    export LD_LIBRARY_PATH="$folder${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  done
fi
export DENO_DIR="$unpacked/deno_dir" DENO_NO_UPDATE_CHECK=1 DENO_NO_PROMPT=1
root=$unpacked/softq
deno() { exec "$unpacked/deno" "$@"; }
program=$1
shift
case $program in
  gpu) deno run --quiet -A --no-check --cached-only --lock "$root/tests/deno.lock" "$root/bench/gpu/gpu.ts" "$@" ;;
  several) deno run --quiet -A --no-check --cached-only --lock "$root/tests/deno.lock" "$root/bench/gpu/several.ts" "$@" ;;
  softq) deno run --quiet -A --no-check --cached-only "$root/cli.ts" "$@" ;;
  deno) cd "$root" && deno "$@" ;;
  *) echo "run.sh gpu|several|softq|deno …" >&2; exit 2 ;;
esac
