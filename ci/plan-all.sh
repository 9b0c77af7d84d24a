#!/usr/bin/env bash
# Plans every campaign of a repository and keeps what CI shows of it: for each campaign its manifest (plan.json), a
# JUnit report (junit.xml) and, where it has no errors, the preview (preview.html). Nothing is sent, and nothing here
# reaches for the network.
#
#   WXCAST_CAMPAIGNS  patterns of campaign files, one a line; `*` and `**` match any part of a path, folders included
#   WXCAST_OUT        the folder to write to
#   WXCAST_FORMAT     what is shown: human, github (annotations and the summary of the job) or gitlab (Code Quality)
#   WXCAST            the program
#
# Exits 0 when no campaign has an error, 3 when one has, 2 when there is no campaign, else as wxcast does.

set -euo pipefail

patterns=${WXCAST_CAMPAIGNS:-**/campaign.toml}
out=${WXCAST_OUT:-wxcast-plans}
format=${WXCAST_FORMAT:-human}
wxcast=${WXCAST:-wxcast}
# Not taken for a flag.
[[ $out != -* ]] || out=./$out

# A repository that somebody else has filled may bring the folder along, and in it links that lead out: nothing is read or
# written through one. A folder given by its full path is the operator's own.
refuse_links() {
  local part link='' way=''
  if [[ $out != /* ]]; then
    while IFS= read -r -d / part; do
      way+=$part
      [[ -L $way ]] && link=$way
      way+=/
    done <<<"$out/"
  fi
  [[ -z $link && -d $out ]] && link=$(find "$out" -type l -print -quit)
  [[ -z $link ]] || {
    printf 'wxcast: %q is a link: nothing is written through it. Delete it or name another folder in WXCAST_OUT\n' "$link" >&2
    exit 2
  }
}

refuse_links
worst=0
code_quality=()

# Remembers the worst exit: anything else than faults in somebody's files goes before them.
remember() {
  case $1 in
    0) ;;
    3) ((worst)) || worst=3 ;;
    *) worst=$1 ;;
  esac
}

# Runs what is kept for later. Its words are shown only if it fails for another reason than faults, which are shown
# by the format that was chosen.
keep() {
  local words code=0
  words=$("$@" 2>&1 >/dev/null) || code=$?
  [[ $code == 0 || $code == 3 ]] || printf '%s\n' "$words" >&2
  remember "$code"
}

matches() {
  local pattern shorter
  while IFS= read -r pattern; do
    pattern=${pattern%$'\r'}
    pattern=${pattern#./}
    while [[ -n $pattern ]]; do
      # Unquoted on the right: it is a pattern.
      # shellcheck disable=SC2053
      [[ $1 == ./$pattern ]] && return 0
      # `**/` also stands for no folder at all, as for git.
      shorter=${pattern/'**/'/}
      [[ $shorter != "$pattern" ]] || break
      pattern=$shorter
    done
  done <<<"$patterns"
  return 1
}

plan() {
  local campaign=$1 folder=$out/${1%.toml} code=0
  mkdir -p -- "$folder"
  case $format in
    github) "$wxcast" plan --format github -- "$campaign" || code=$? ;;
    gitlab)
      "$wxcast" plan -- "$campaign" || code=$?
      keep "$wxcast" plan --format gitlab -o "$folder/codequality.json" -- "$campaign"
      code_quality+=("$folder/codequality.json")
      ;;
    *) "$wxcast" plan -- "$campaign" || code=$? ;;
  esac
  remember "$code"
  keep "$wxcast" plan --format json -o "$folder/plan.json" -- "$campaign"
  keep "$wxcast" plan --format junit -o "$folder/junit.xml" -- "$campaign"
  if ((code == 0)); then
    keep "$wxcast" preview --format html -o "$folder/preview.html" -- "$campaign"
  fi
}

# GitLab takes one Code Quality report of a job, made of those of this run and no others that may lie there. Each has one
# finding a line between its brackets.
merge_code_quality() {
  local findings='' report
  for report in "${code_quality[@]}"; do
    [[ ! -f $report ]] || findings+=$(sed -e '/^[][]$/d' -e 's/,$//' -- "$report")$'\n'
  done
  findings=$(sed '/^$/d' <<<"$findings")
  {
    printf '[\n'
    [[ -z $findings ]] || printf '%s\n' "$findings" | sed '$!s/$/,/'
    printf ']\n'
  } >"$out/gl-code-quality-report.json"
}

# Links are followed, or a linked campaign would pass unread; a link that leads in a circle is left out by find, which
# says so.
count=0
while IFS= read -r -d '' file; do
  matches "$file" || continue
  count=$((count + 1))
  plan "${file#./}"
done < <(find -L . -name '.?*' -prune -o -type f -name '*.toml' -print0 | LC_ALL=C sort -z)

if ((count == 0)); then
  printf 'wxcast: no campaign matches %s\n' "$patterns" >&2
  exit 2
fi
[[ $format != gitlab ]] || merge_code_quality
exit "$worst"
