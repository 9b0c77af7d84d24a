#!/usr/bin/env bash
# Downloads the released program for this computer, holds it against its checksum, and prints where it is.
#
#   WXCAST_RELEASES  where releases are, such as https://github.com/OWNER/wxcast/releases/download
#   WXCAST_RELEASE   which one, such as v0.1.0
#   WXCAST_SHA256    the checksum that the archive must have; if empty, the one that the release itself lists
#   WXCAST_ROOT      the folder to put it into
#
# Exits 4 when nothing was released under that name or for this kind of computer. Everything else that goes wrong is an
# error: whoever asks for a release is not given something else because a server had a bad moment.

set -euo pipefail

releases=${WXCAST_RELEASES:?}
release=${WXCAST_RELEASE-}
root=${WXCAST_ROOT:?}

[[ $release =~ ^v[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] || exit 4

case $(uname -s)/$(uname -m) in
  Linux/x86_64) target=x86_64-unknown-linux-musl ;;
  Linux/aarch64) target=aarch64-unknown-linux-musl ;;
  Linux/riscv64) target=riscv64gc-unknown-linux-musl ;;
  Linux/loongarch64) target=loongarch64-unknown-linux-musl ;;
  Darwin/x86_64) target=x86_64-apple-darwin ;;
  Darwin/arm64) target=aarch64-apple-darwin ;;
  MINGW*/x86_64 | MSYS*/x86_64) target=x86_64-pc-windows-msvc ;;
  MINGW*/aarch64 | MSYS*/aarch64) target=aarch64-pc-windows-msvc ;;
  *) exit 4 ;;
esac

name=wxcast-${release#v}-$target
case $target in
  *windows*) archive=$name.zip program=$name/wxcast.exe ;;
  *) archive=$name.tar.gz program=$name/wxcast ;;
esac

# Downloads a file of the release; 4 if there is none.
download() {
  local status
  status=$(curl --silent --show-error --location --retry 3 --proto-redir '=https' \
    --output "$root/$1" --write-out '%{http_code}' "$releases/$release/$1")
  case $status in
    200) ;;
    404) rm -f "$root/$1" && exit 4 ;;
    *) printf 'wxcast: %s/%s/%s answers with %s\n' "$releases" "$release" "$1" "$status" >&2 && exit 1 ;;
  esac
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

mkdir -p "$root"
download "$archive"
expected=${WXCAST_SHA256-}
if [[ -z $expected ]]; then
  download SHA256SUMS
  expected=$(awk -v archive="$archive" '$2 == archive { print $1 }' "$root/SHA256SUMS")
fi
found=$(sha256 "$root/$archive")
if [[ $found != "$expected" ]]; then
  printf 'wxcast: %s has the checksum %s, not %s\n' "$archive" "$found" "$expected" >&2
  rm -f "$root/$archive"
  exit 1
fi

case $archive in
  *.zip) unzip -q -o "$root/$archive" -d "$root" ;;
  *) tar -xzf "$root/$archive" -C "$root" ;;
esac
printf '%s\n' "$root/$program"
