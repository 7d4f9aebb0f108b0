#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Real HTTP requests through poise-proxy, balanced by every NAME: shares or places, then a server killed and back.
# Exits non-zero when a share or a count is not what the algorithm promises. Leaves nothing running.
#   examples/demo.sh [BUILD]    BUILD is where to build, and may be there already: build/demo unless told
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/packages.sh

# By turns and by load: what the first requests get, and how far equal weights may be apart while a is down, in percent
# of all. In nginx's order each retry freezes the dead server's weight for that one choice, and then b to c is 3 to 4 when
# requests come one at a time, and nearer to 1 to 1 the more come at once; LVS's order takes them in turn. least_conn goes
# by what is in flight, and by nginx's order only between those that have equally little.
names=(smooth lvs-wrr least_conn roundrobin static-rr)
declare -A order=([smooth]="a a b a c a a" [lvs-wrr]="a a a a a b c" [least_conn]="a a b a c a a"
  [roundrobin]="a a a b a a c" [static-rr]="a a a b a a c")
declare -A apart=([smooth]=8 [lvs-wrr]=0 [least_conn]=100 [roundrobin]=8 [static-rr]=8)
# By hash, each with both kinds of table; and how many distinct keys are asked for.
hashed=("source" "uri" "url_param(id)" "hdr(X-User)")
keys=300
servers=(a b c)
weights=(5 1 1)
total_weight=7
requests=7000

need_packages g++ make cmake curl "libboost1.81-dev|libboost-dev" libcli11-dev
build=${1:-build/demo}
echo "building into $build (the first time takes about a minute)"
[ -f "$build/CMakeCache.txt" ] ||
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DPOISE_BUILD_TESTS=OFF -DPOISE_BUILD_BENCHMARKS=OFF >/dev/null
cmake --build "$build" --target poise-proxy poise-backend --parallel "$(nproc)" | grep -E '%\]|error' | sed 's/^/  /'
bin=$build/examples/proxy

work=$(mktemp -d)
declare -A pid=()
clean_up() {
  for process in "${pid[@]}"; do kill "$process" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap clean_up EXIT
fail() { echo "demo: FAILED: $*" >&2; exit 1; }

# start WHO COMMAND...: runs it and waits until it says where it listens; address[WHO] is that.
declare -A address=()
start() {
  local who=$1; shift
  : >"$work/$who.out"
  "$@" >"$work/$who.out" 2>"$work/$who.err" &
  pid[$who]=$!
  for ((i = 0; i < 500; ++i)); do
    address[$who]=$(sed -n 's/^listening on //p' "$work/$who.out")
    [ -n "${address[$who]}" ] && return 0
    kill -0 "${pid[$who]}" 2>/dev/null || break
    sleep 0.01
  done
  fail "$who did not start: $(cat "$work/$who.err")"
}

# stop WHO SIGNAL: and waits until it has ended.
stop() {
  kill -"$2" "${pid[$1]}"
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}

# ask COUNT AT_A_TIME FILE [OPTION...]: that many GETs through the proxy, by curl with these options; FILE gets "status
# server" for each.
ask() {
  curl -s -Z --parallel-max "$2" "${@:4}" -o /dev/null -w '%{http_code} %header{x-backend}\n' \
    "http://${address[proxy]}/[1-$1]" >"$3" 2>/dev/null || true
}

count() { grep -cx "200 $2" "$1" || true; }

# only_answers FILE COUNT: every request got its answer.
only_answers() {
  local bad
  bad=$(grep -cv '^200 [abc]$' "$1" || true)
  [ "$bad" -eq 0 ] || fail "$bad requests failed, such as: $(grep -v '^200 [abc]$' "$1" | head -n 1)"
  [ "$(wc -l <"$1")" -eq "$2" ] || fail "$(wc -l <"$1") answers to $2 requests"
}

# table FILE TOLERANCE SHARE...: requests of each server beside the share it must have, in parts of SHARE's sum.
# The last column is headed "expected", or as `column` says.
table() {
  local file=$1 tolerance=$2 sum=0 i all got expected
  shift 2
  local shares=("$@")
  for i in "${shares[@]}"; do sum=$((sum + i)); done
  all=$(wc -l <"$file")
  printf '    %-8s %6s %9s %8s %9s\n' server weight requests share "${column:-expected}"
  for i in 0 1 2; do
    got=$(count "$file" "${servers[i]}")
    expected=$((all * shares[i] / sum))
    awk -v s="${servers[i]}" -v w="${weights[i]}" -v g="$got" -v a="$all" -v p="${shares[i]}" -v t="$sum" \
      'BEGIN { printf "    %-8s %6d %9d %7.2f%% %8.2f%%\n", s, w, g, 100 * g / a, 100 * p / t }'
    if ((got > expected + tolerance || got < expected - tolerance)); then
      fail "server ${servers[i]} got $got requests, expected $expected (give or take $tolerance)"
    fi
  done
}

# start_proxy OPTION...: with the three servers behind it.
start_proxy() {
  local i options=()
  for i in 0 1 2; do options+=(--server "${address[${servers[i]}]},weight=${weights[i]}"); done
  start proxy "$bin/poise-proxy" --listen 127.0.0.1:0 "$@" "${options[@]}"
}
# backend NAME [PORT [MS]]: a server that answers with its name, after so many milliseconds.
backend() { start "$1" "$bin/poise-backend" --listen "127.0.0.1:${2:-0}" --name "$1" --delay "${3:-0}"; }
port() { echo "${address[$1]##*:}"; }

# kill_under_load TOLERANCE: a dies while requests come, and nobody may notice.
kill_under_load() {
  echo "  a is killed under load:"
  local load=$((requests * 4)) asking i killed_after last_a after
  : >"$work/killed"
  ask $load 8 "$work/killed" &
  asking=$!
  for ((i = 0; i < 1000; ++i)); do
    [ "$(wc -l <"$work/killed")" -gt $requests ] && break
    sleep 0.005
  done
  stop a KILL
  killed_after=$(wc -l <"$work/killed")
  wait $asking
  only_answers "$work/killed" $load
  [ "$killed_after" -lt $load ] || fail "the load was over before the kill"
  echo "    killed after about $killed_after of $load requests: 0 failed"
  last_a=$(grep -nx '200 a' "$work/killed" | tail -n 1 | cut -d: -f1)
  tail -n +$((last_a + 1)) "$work/killed" >"$work/after"
  after=$(wc -l <"$work/after")
  echo "    the $after requests after its last answer:"
  table "$work/after" $((8 + after * $1 / 100)) 0 1 1
  backend a "$(port a)"
}

by_turns_or_load() {
  local name=$1 first
  echo
  echo "=== --balance $name"
  start_proxy --balance "$name"

  ask $total_weight 1 "$work/first"
  first=$(sed 's/^200 //' "$work/first" | tr '\n' ' ')
  echo "  the first $total_weight requests went to: $first"
  [ "$first" = "${order[$name]} " ] || fail "expected ${order[$name]}"

  if [ "$name" = least_conn ]; then
    stop c TERM
    backend c "$(port c)" 20
    echo "  c takes 20 ms now and must get less than half of what its weight gives; $requests requests, 8 at a time:"
    ask $requests 8 "$work/steady"
    only_answers "$work/steady" $requests
    column="by weight" table "$work/steady" $requests "${weights[@]}"
    [ "$(count "$work/steady" c)" -lt $((requests / total_weight / 2)) ] || fail "c is slow and got as much as before"
    stop c TERM
    backend c "$(port c)"
  else
    echo "  $requests requests, 8 at a time:"
    ask $requests 8 "$work/steady"
    only_answers "$work/steady" $requests
    table "$work/steady" 0 "${weights[@]}"
  fi

  kill_under_load "${apart[$name]}"
  ask $requests 8 "$work/again"
  only_answers "$work/again" $requests
  if [ "$name" != least_conn ]; then
    echo "  a is back, $requests requests:"
    table "$work/again" 20 "${weights[@]}" # what was owed when it fell is settled now
  fi
  stop proxy TERM
}

# ask_keys BALANCE FILE: one request for each key; FILE gets "key status server", sorted.
ask_keys() {
  local key
  for ((key = 1; key <= keys; ++key)); do
    [ $key -gt 1 ] && echo next
    case $1 in
    source) printf 'url = "http://%s/"\ninterface = "127.%d.%d.7"\n' "${address[proxy]}" $((key / 100 + 1)) $((key % 100 + 1)) ;;
    uri) echo "url = \"http://${address[proxy]}/pictures/$key.png\"" ;;
    url_param*) echo "url = \"http://${address[proxy]}/?lang=en&id=user$key\"" ;;
    hdr*) printf 'url = "http://%s/"\nheader = "X-User: user%d"\n' "${address[proxy]}" $key ;;
    esac
    printf 'silent\noutput = /dev/null\nwrite-out = "%d %%{http_code} %%header{x-backend}\\n"\n' $key
  done >"$work/config"
  curl --parallel --parallel-max 8 --config "$work/config" 2>/dev/null | sort -n >"$2" || true
  [ "$(grep -c ' 200 [abc]$' "$2")" -eq $keys ] || fail "of $keys requests, $(grep -c ' 200 [abc]$' "$2") were answered"
}

by_hash() {
  local what=$1 type=$2 server moved stayed
  echo
  echo "=== --balance '$what' --hash-type $type"
  start_proxy --balance "$what" --hash-type "$type"
  ask_keys "$what" "$work/keys"
  printf '    %-8s %6s %14s %8s\n' server weight "distinct $3" share
  for i in 0 1 2; do
    server=${servers[i]}
    awk -v s="$server" -v w="${weights[i]}" -v all=$keys '$3 == s { ++n }
      END { printf "    %-8s %6d %14d %7.2f%%\n", s, w, n, 100 * n / all; exit n == 0 }' "$work/keys" ||
      fail "$server got none of $keys $3"
  done
  ask_keys "$what" "$work/again"
  cmp -s "$work/keys" "$work/again" || fail "one of the $3 met two servers"
  echo "  asked again: each of the $keys $3 met the same server"

  stop a KILL
  ask_keys "$what" "$work/moved"
  moved=$(paste "$work/keys" "$work/moved" | awk '$3 == "a" && $6 != "a"' | wc -l)
  stayed=$(paste "$work/keys" "$work/moved" | awk '$3 != "a" && $6 == $3' | wc -l)
  [ "$moved" -eq "$(grep -c ' a$' "$work/keys")" ] || fail "a is dead, and still answered"
  [ $((moved + stayed)) -eq $keys ] || fail "$((keys - moved - stayed)) $3 moved that were not a's"
  echo "  a is killed: its $moved $3 moved, the other $stayed stayed, 0 requests failed"

  backend a "$(port a)"
  ask_keys "$what" "$work/again"
  cmp -s "$work/keys" "$work/again" || fail "a is back, and not all is as it was"
  echo "  a is back: all are where they were"
  stop proxy TERM
}

# A line for each NAME that --balance knows: what a hundred requests, or keys, got. What is promised is checked: `exact`
# shares by weight, `equal` ones, `all` to the first, at least `some` to everybody, or by a `key` the same server twice.
# Requests come one at a time, so that nobody is busy: who goes by load alone then takes the first, or takes turns.
declare -A promise=([nginx/round_robin]=exact [nginx/least_conn]=exact [nginx/random]=some [nginx/hash]=key
  [nginx/hash_consistent]=key [nginx/ip_hash]=key [haproxy/roundrobin]=exact [haproxy/static-rr]=exact
  [haproxy/leastconn]=equal [haproxy/first]=all [haproxy/random]=some [haproxy/source]=key [haproxy/uri]=key
  [haproxy/url_param]=key [haproxy/hdr]=key [lvs/rr]=equal [lvs/wrr]=exact [lvs/lc]=all [lvs/wlc]=all [lvs/sed]=all
  [lvs/nq]=all [lvs/fo]=all [lvs/ovf]=all [lvs/twos]=some [lvs/sh]=key [lvs/dh]=one [lvs/mh]=key [lvs/lblc]=one [lvs/lblcr]=one [ring]=key [table]=key
  [least_loaded]=exact)

every_name() {
  local name of what shares a b c all=105
  echo
  echo "=== every NAME of --balance help, $all requests or keys each, weights ${weights[*]}"
  printf '    %-22s %-34s %5s %5s %5s  %s\n' name "own name" a b c promised
  while read -r name own _; do
    of=$name what=uri
    case $name in
    haproxy/rdp-cookie) continue ;; # over_tcp has it
    haproxy/url_param) of="$name(id)" what="url_param(id)" ;;
    haproxy/hdr) of="$name(X-User)" what="hdr(X-User)" ;;
    nginx/hash | nginx/hash_consistent | ring | table) of="$name key uri" ;;
    */source | */ip_hash | lvs/sh | lvs/mh) what=source ;;
    esac
    start_proxy --balance "$of"
    case ${promise[$name]:-} in
    key)
      keys=$all ask_keys "$what" "$work/keys"
      keys=$all ask_keys "$what" "$work/again"
      cmp -s "$work/keys" "$work/again" || fail "$name: a key met two servers"
      sed 's/^[0-9]* //' "$work/keys" >"$work/line"
      ;;
    *) ask $all 1 "$work/line" ;;
    esac
    stop proxy TERM
    only_answers "$work/line" $all
    a=$(count "$work/line" a) b=$(count "$work/line" b) c=$(count "$work/line" c)
    case ${promise[$name]:-} in
    exact) [ "$a $b $c" = "75 15 15" ] ;;
    equal) [ "$a $b $c" = "35 35 35" ] ;;
    all) [ "$a $b $c" = "105 0 0" ] ;;
    one) [ "$a" = $all ] || [ "$b" = $all ] || [ "$c" = $all ] ;;
    some | key) [ "$a" -gt 0 ] && [ "$b" -gt 0 ] && [ "$c" -gt 0 ] ;;
    *) fail "the demo does not know what $name promises" ;;
    esac || fail "$name: a $a, b $b, c $c is not what it promises: ${promise[$name]}"
    printf '    %-22s %-34s %5d %5d %5d  %s\n' "$name" "$own" "$a" "$b" "$c" "${promise[$name]}"
  done < <("$bin/poise-proxy" --balance help | awk 'NF == 0 { ++part } part == 1 && /^[a-z]/')
}

# Turns that two threads share: still exact, and the dead server's are taken in turn by the others.
on_two_threads() {
  echo
  echo "=== --threads 2 --balance smooth, $requests requests, 8 at a time:"
  start_proxy --threads 2 --balance smooth
  ask $requests 8 "$work/steady"
  only_answers "$work/steady" $requests
  table "$work/steady" 0 "${weights[@]}"
  stop a KILL
  ask 100 8 "$work/killed"
  only_answers "$work/killed" 100
  echo "  a is killed: of 100 requests 0 failed"
  table "$work/killed" 0 0 1 1
  backend a "$(port a)"
  stop proxy TERM
}

# Connections instead of requests: each GET has one of its own here, and the proxy does not look into it.
over_tcp() {
  local balance
  echo
  echo "=== --mode tcp --balance smooth, $((total_weight * 100)) connections, 8 at a time:"
  start_proxy --mode tcp --balance smooth
  ask $((total_weight * 100)) 8 "$work/steady" -H "Connection: close"
  only_answers "$work/steady" $((total_weight * 100))
  table "$work/steady" 0 "${weights[@]}"
  stop a KILL
  ask 100 8 "$work/killed" -H "Connection: close"
  only_answers "$work/killed" 100
  echo "  a is killed: of 100 new connections 0 failed"
  table "$work/killed" 12 0 1 1 # smooth gives them 3 to 4 when retries come one at a time
  backend a "$(port a)"
  ask $((total_weight * 100)) 8 "$work/again" -H "Connection: close"
  only_answers "$work/again" $((total_weight * 100))
  echo "  a is back:"
  table "$work/again" 40 "${weights[@]}" # what was owed when it fell is settled now
  stop proxy TERM
  for balance in haproxy/rdp-cookie lvs/wlc; do
    start_proxy --mode tcp --balance $balance
    ask 105 1 "$work/line" -H "Connection: close"
    only_answers "$work/line" 105
    printf '    --mode tcp --balance %-20s a %3d  b %3d  c %3d\n' $balance "$(count "$work/line" a)" \
      "$(count "$work/line" b)" "$(count "$work/line" c)"
    [ $balance != haproxy/rdp-cookie ] || [ "$(count "$work/line" a)" -eq 75 ] ||
      fail "who has no RDP cookie is not balanced by weight"
    stop proxy TERM
  done
}

begun=$SECONDS
for i in 0 1 2; do backend "${servers[i]}"; done
echo "three servers: a at ${address[a]}, b at ${address[b]}, c at ${address[c]}, with weights ${weights[*]}"
for name in "${names[@]}"; do by_turns_or_load "$name"; done
for what in "${hashed[@]}"; do
  case $what in
  source) things=clients ;;
  url_param*) things=ids ;;
  hdr*) things=users ;;
  *) things=paths ;;
  esac
  for type in map-based consistent; do by_hash "$what" "$type" "$things"; done
done
every_name
on_two_threads
over_tcp
echo
echo "demo: all shares and counts are what the algorithms promise ($((SECONDS - begun)) s)"
