#!/bin/sh
# Shop by the Store API with curl, as a guest and then as a customer, and print what really travels.
#
#   sh docs/store-api.sh [PORT]      beside a running `make demo`
set -eu
port=${1:-8000}
curl -sf -o /dev/null "http://127.0.0.1:$port/healthz" ||
    { echo "Nothing answers on port $port: start it with \`make demo PORT=$port\`." >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
key=pk_demo_apparel
guest='authorization;' # curl's way to send a header with nothing in it
who=$guest

# The value at a path (cart.items.0.id) of the last answer.
found() { python3 -c '
import json, sys
told = json.load(open(sys.argv[1]))
for part in sys.argv[2].split("."):
    told = told[int(part)] if part.isdigit() else told[part]
print(told)' "$folder/body" "$1"; }

# One call: $1 what it is, $2 the method, $3 the path, $4 the body or "", and then what to show of
# the answer: paths in it, or nothing for all.
call() {
    title=$1 method=$2 path=$3 body=$4
    shift 4
    shown=$who
    case $who in authorization:*) shown='authorization: Bearer $token' ;; esac
    echo
    echo "### $title"
    echo
    echo '```'
    echo "$ curl -X $method -H 'x-publishable-api-key: $key' -H '$shown' \\"
    [ -z "$body" ] || echo "    -d '$body' \\"
    echo "    'http://apparel.localhost:$port$path'"
    curl -s -o "$folder/body" -D "$folder/head" -X "$method" ${body:+-d "$body"} \
        -H "x-publishable-api-key: $key" -H "$who" -H 'content-type: application/json' \
        "http://apparel.localhost:$port$path"
    tr -d '\r' < "$folder/head" | grep -iE '^(HTTP/|cache-control:|set-cookie:)' || true
    python3 -c '
import json, sys
whole = json.load(open(sys.argv[1]))
for path in sys.argv[2:]:
    told = whole
    for part in path.split("."):
        told = told[int(part)] if part.isdigit() else told[part]
    told = told if isinstance(told, str) else json.dumps(told)
    print(f"{path}: {told}")
if not sys.argv[2:]:
    print(json.dumps(whole, indent=1, ensure_ascii=False))' "$folder/body" "$@"
    echo '```'
}

echo "## A guest orders"
call "What is sold here" GET "/store/products?limit=1&region_id=reg_eur&order=handle" "" \
    count products.0.handle products.0.variants.0.id products.0.variants.0.calculated_price.calculated_amount
variant=$(found products.0.variants.0.id)
call "A cart" POST /store/carts '{"region_id":"reg_eur"}' cart.id cart.customer_id cart.total
cart=$(found cart.id)
call "Two of it" POST "/store/carts/$cart/line-items" "{\"variant_id\":\"$variant\",\"quantity\":2}" \
    cart.items.0.title cart.items.0.quantity cart.item_total
address='{"first_name":"Ada","last_name":"Lovelace","address_1":"Main St 1","city":"Berlin","postal_code":"10115","country_code":"de"}'
call "Too early" POST "/store/carts/$cart/complete" ""
call "Who, and where to" POST "/store/carts/$cart" \
    "{\"email\":\"ada@example.com\",\"shipping_address\":$address}" \
    cart.email cart.shipping_address.city
call "How it could get there" GET "/store/shipping-options?cart_id=$cart" "" \
    shipping_options.0.id shipping_options.0.name shipping_options.0.amount
option=$(found shipping_options.0.id)
call "How it gets there" POST "/store/carts/$cart/shipping-methods" "{\"option_id\":\"$option\"}" \
    cart.item_subtotal cart.shipping_subtotal cart.tax_total cart.total
call "How it can be paid" GET "/store/payment-providers?region_id=reg_eur" ""
call "A payment" POST /store/payment-collections "{\"cart_id\":\"$cart\"}" payment_collection.id
payment=$(found payment_collection.id)
call "How it is paid" POST "/store/payment-collections/$payment/payment-sessions" \
    '{"provider_id":"pp_system_default"}' payment_collection.payment_sessions
call "The order" POST "/store/carts/$cart/complete" "" \
    type order.id order.custom_display_id order.customer_id order.payment_status order.total
order=$(found order.id)
call "Asked again, it is the same" POST "/store/carts/$cart/complete" "" type order.id
call "The cart is gone" GET "/store/carts/$cart" ""
call "Who knows its id reads a guest's order" GET "/store/orders/$order" "" \
    order.email order.items.0.title order.payment_collections.0.payments.0.provider_id

echo
echo "## What a guest is not told"
call "Nobody's orders" GET /store/orders ""
call "Nobody's account" GET /store/customers/me ""
who='authorization: Bearer no.good.token'
call "A bad token is not a guest" GET "/store/orders/$order" ""
who=$guest

echo
echo "## A customer"
login="grace.$$.$(date +%s)@example.com"
call "Signing up" POST /auth/customer/emailpass/register \
    "{\"email\":\"$login\",\"password\":\"correct horse battery\"}"  token >"$folder/out"
who="authorization: Bearer $(found token)"
call "" POST /store/customers '{"first_name":"Grace","last_name":"Hopper"}' customer.id >"$folder/out"
who=$guest
call "" POST /auth/customer/emailpass \
    "{\"email\":\"$login\",\"password\":\"correct horse battery\"}" token >"$folder/out"
token=$(found token)
who="authorization: Bearer $token"
echo
echo "She has signed up and in; her token goes with each call that is hers."
call "Her orders" GET "/store/orders?limit=10" ""
call "A guest's order is not hers because she asks: a link goes to the order's address" \
    POST "/store/orders/$order/transfer/request" "{}" order.id order.email order.customer_id
call "Logging out ends the token" POST /auth/token/revoke "{}"
call "From then on" GET /store/customers/me ""
