#!/bin/sh
# Walk one handshake with curl, hop by hop, and print what really travels.
#
#   sh docs/handshake.sh [PORT]      beside a running `make demo`
set -eu
port=${1:-8000}
curl -sf -o /dev/null "http://127.0.0.1:$port/healthz" ||
    { echo "Nothing answers on port $port: start it with \`make demo PORT=$port\`." >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
jar=$folder/jar

# One hop: $1 what it is, $2 the address; further arguments go to curl. Leaves $location.
hop() {
    title=$1 url=$2
    shift 2
    echo
    echo "### $title"
    echo
    echo '```'
    echo "$ curl -b jar -c jar${*:+ $*} '$url'"
    curl -s -o "$folder/body" -D "$folder/head" -b "$jar" -c "$jar" "$@" "$url"
    host=$(printf %s "$url" | sed 's|http://\([^/:]*\).*|\1|')
    tr -d '\r' < "$folder/head" |
        grep -iE '^(HTTP/|location:|set-cookie:|cache-control:|referrer-policy:)' || true
    echo '```'
    location=$(tr -d '\r' < "$folder/head" | sed -n 's/^[Ll]ocation: //p')
    case $location in /*) location="http://$host:$port$location" ;; esac
}

jar_now() {
    echo
    echo "$1"
    echo
    echo '```'
    awk '/^# / { next } NF >= 7 { print substr($1, 1, 10) == "#HttpOnly_" ? substr($1, 11) : $1, $6 }' "$jar" | sort
    echo '```'
}

echo "## A first page on a sub-site"
hop "1. The page, without a session" "http://apparel.localhost:$port/"
hop "2. The main site vouches for this browser" "$location"
hop "3. The sub-site turns the code into its own cookie" "$location"
consumed=$url
hop "4. The page, at its clean address" "$location"
jar_now "What the browser holds now, by domain:"

echo
echo "## The same code again"
hop "A code works once; who has a session goes on" "$consumed"

echo
echo "## A second sub-site: the same session"
hop "1. The page" "http://jewelry.localhost:$port/"
hop "2. Main knows the browser by now" "$location"
hop "3. Consume" "$location"
jar_now "Three sites, one token (the number is the same in all three names):"

echo
echo "## A first POST, on a third sub-site"
# Looked up as a crawler does: answered in place, without a session.
product=$(curl -s -A Googlebot "http://home.localhost:$port/" | grep -o '/product/[a-z0-9-]*/' | head -n 1)
variant=$(curl -s -A Googlebot "http://home.localhost:$port$product" |
    grep -o 'name="variant" value="[0-9]*"' | head -n 1 | tr -dc 0-9)
[ -n "$variant" ] || { echo "no product found: is the demo running on port $port?" >&2; exit 1; }
hop "1. Add to cart, without a session there" "http://home.localhost:$port/cart/lines/" \
    -d "variant=$variant" -d quantity=1
hop "2. Main" "$location"
hop "3. Consume" "$location"
hop "4. The kept request is carried out, once" "$location"
hop "5. The cart" "$location"
echo
echo "The cart on the first sub-site now holds it, too:"
echo
echo '```'
curl -s -b "$jar" "http://apparel.localhost:$port/cart/" |
    grep -o "href=\"[^\"]*$product[^\"]*\"" | head -n 1 | sed 's/&amp;/\&/g'
echo '```'

echo
echo "## Cookies off"
rm -f "$jar"
hop_without() {
    title=$1 url=$2
    echo
    echo "### $title"
    echo
    echo '```'
    echo "$ curl '$url'"
    curl -s -o "$folder/body" -D "$folder/head" "$url"
    host=$(printf %s "$url" | sed 's|http://\([^/:]*\).*|\1|')
    tr -d '\r' < "$folder/head" | grep -iE '^(HTTP/|location:|x-robots-tag:)' || true
    echo '```'
    location=$(tr -d '\r' < "$folder/head" | sed -n 's/^[Ll]ocation: //p')
    case $location in /*) location="http://$host:$port$location" ;; esac
}
hop_without "1. The page" "http://apparel.localhost:$port/"
hop_without "2. Main" "$location"
hop_without "3. Consume finds no client key, and stops" "$location"
hop_without "4. The page, served in place, with a notice" "$location"
