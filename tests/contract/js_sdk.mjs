// Shops by @medusajs/js-sdk as the Next.js storefront does: a guest with the explicit empty header,
// a customer by a header at each call. node js_sdk.mjs BASE_URL KEY EMAIL; prints what it saw.
import { createRequire } from "node:module";

// Its ES modules are for bundlers; Node reads the others.
const { default: Medusa } = createRequire(import.meta.url)("@medusajs/js-sdk");

const [baseUrl, publishableKey, email] = process.argv.slice(2);
const password = "tall ships at noon";
const sdk = new Medusa({
  baseUrl,
  publishableKey,
  auth: { type: "jwt", jwtTokenStorageMethod: "nostore" },
});
const guest = { authorization: "" };
const address = {
  first_name: "Ada",
  last_name: "Quay",
  address_1: "1 Harbour Street",
  address_2: "",
  company: "",
  city: "Ghent",
  postal_code: "9000",
  province: "",
  country_code: "be",
  phone: "",
};

const refused = async (call) => {
  try {
    await call();
  } catch (error) {
    return { status: error.status, message: error.message };
  }
  return { status: 200, message: "it was allowed" };
};

const catalogue = async () => {
  const { regions } = await sdk.store.region.list({}, guest);
  const { collections } = await sdk.store.collection.list({ fields: "id, handle, title" }, guest);
  const { product_categories } = await sdk.store.category.list(
    { fields: "*category_children, *products, *parent_category", limit: 100 },
    guest,
  );
  const listed = await sdk.store.product.list(
    {
      limit: 12,
      offset: 0,
      region_id: regions[0].id,
      order: "created_at",
      is_giftcard: false,
      category_id: [product_categories[0].id],
      fields: "*variants.calculated_price,+variants.inventory_quantity,*variants.images,+tags",
    },
    guest,
  );
  const { product } = await sdk.store.product.retrieve(listed.products[0].id, {}, guest);
  const byHandle = await sdk.store.product.list({ handle: product.handle }, guest);
  return { regions, collections, product_categories, listed, product, byHandle };
};

const purchase = async (regionId, variants, headers, contact) => {
  let { cart } = await sdk.store.cart.create({ region_id: regionId }, {}, headers);
  const id = cart.id;
  const early = await refused(() => sdk.store.cart.complete(id, {}, headers));
  for (const variant of variants) {
    await sdk.store.cart.createLineItem(id, { variant_id: variant, quantity: 1 }, {}, headers);
  }
  ({ cart } = await sdk.store.cart.retrieve(id, { fields: "*items, *region" }, headers));
  const [line] = cart.items;
  await sdk.store.cart.updateLineItem(id, line.id, { quantity: 3 }, {}, headers);
  const extra = cart.items[1];
  const removed = await sdk.store.cart.deleteLineItem(id, extra.id, {}, headers);
  ({ cart } = await sdk.store.cart.update(
    id,
    { email: contact, shipping_address: address, billing_address: address },
    {},
    headers,
  ));
  const { shipping_options } = await sdk.store.fulfillment.listCartOptions({ cart_id: id }, headers);
  ({ cart } = await sdk.store.cart.addShippingMethod(
    id,
    { option_id: shipping_options[0].id },
    {},
    headers,
  ));
  const { payment_providers } = await sdk.store.payment.listPaymentProviders(
    { region_id: regionId },
    headers,
  );
  const { payment_collection } = await sdk.store.payment.initiatePaymentSession(
    cart,
    { provider_id: "pp_system_default" },
    {},
    headers,
  );
  ({ cart } = await sdk.store.cart.retrieve(id, {}, headers));
  const done = await sdk.store.cart.complete(id, {}, headers);
  const again = await sdk.store.cart.complete(id, {}, headers);
  const { order } = await sdk.store.order.retrieve(
    done.order.id,
    { fields: "*payment_collections.payments,*items,*items.metadata" },
    headers,
  );
  return {
    early, cart, removed, shipping_options, payment_providers, payment_collection, done, again, order,
  };
};

const { regions, collections, product_categories, listed, product, byHandle } = await catalogue();
const variants = listed.products
  .flatMap((each) => each.variants)
  .filter((each) => each.inventory_quantity === null || each.inventory_quantity >= 8)
  .slice(0, 2)
  .map((each) => each.id);
const region = regions[0].id;

const asGuest = await purchase(region, variants, guest, `guest.${email}`);
const guestIsNobody = await refused(() => sdk.store.customer.retrieve({}, guest));
const guestHasNoList = await refused(() => sdk.store.order.list({}, guest));

const registration = await sdk.auth.register("customer", "emailpass", { email, password });
const { customer } = await sdk.store.customer.create(
  { email, first_name: "Ada", last_name: "Quay", phone: "" },
  {},
  { authorization: `Bearer ${registration}` },
);
const token = await sdk.auth.login("customer", "emailpass", { email, password });
const wrong = await refused(() => sdk.auth.login("customer", "emailpass", { email, password: "no" }));
const twice = await refused(() => sdk.auth.register("customer", "emailpass", { email, password }));
const hers = { authorization: `Bearer ${token}` };

// What was put in as a guest comes along.
const { cart: before } = await sdk.store.cart.create({ region_id: region }, {}, guest);
await sdk.store.cart.createLineItem(
  before.id, { variant_id: variants[0], quantity: 2 }, {}, guest,
);
const strangerTakes = await refused(() => sdk.store.cart.transferCart(before.id, {}, guest));
const { cart: taken } = await sdk.store.cart.transferCart(before.id, {}, hers);
const closed = await refused(() => sdk.store.cart.retrieve(before.id, {}, guest));
await sdk.store.cart.deleteLineItem(taken.id, taken.items[0].id, {}, hers);

const asCustomer = await purchase(region, variants, hers, email);
const orders = await sdk.store.order.list({ limit: 10, offset: 0, order: "-created_at" }, hers);
const { customer: withAddress } = await sdk.store.customer.createAddress(
  { ...address, address_name: "Home" },
  {},
  hers,
);
const { customer: me } = await sdk.store.customer.retrieve({ fields: "*orders" }, hers);
const guestLooks = await refused(() => sdk.store.order.retrieve(asCustomer.done.order.id, {}, guest));

console.log(
  JSON.stringify({
    catalogue: { regions, collections, product_categories, listed, product, byHandle },
    asGuest, guestIsNobody, guestHasNoList, customer, wrong, twice, taken, strangerTakes, closed,
    asCustomer, orders, withAddress, me, guestLooks,
  }),
);
