/* What a page does beyond what HTML and htmx do by themselves. Nothing here is needed to buy. */

/* --- Product: picture and quantity follow the chosen variant --------------------------------- */

function followVariant(form) {
  const chosen = form.querySelector('[name="variant"]:checked, select[name="variant"] option:checked');
  if (!chosen) return;
  const quantity = form.elements.quantity;
  if (quantity && chosen.dataset.most) {
    quantity.max = chosen.dataset.most;
    if (Number(quantity.value) > Number(quantity.max)) quantity.value = quantity.max;
  }
  const picture = document.getElementById(chosen.dataset.picture);
  if (!picture) return;
  const gallery = picture.parentElement;
  for (const item of gallery.children) item.classList.toggle("gallery__item--chosen", item === picture);
  gallery.scrollTo({ left: 0 });
}

for (const form of document.querySelectorAll("form.buy")) {
  followVariant(form);
  form.addEventListener("change", (event) => {
    if (event.target.name === "variant") followVariant(form);
  });
}

/* --- Forms that htmx sends --------------------------------------------------------------------- */

/* The server refuses a form without our cookies. Sent the plain way, it first finds the shopper's
   session, or says what is wrong with the cookies; a script's request can do neither. */
document.addEventListener("htmx:responseError", (event) => {
  const form = event.detail.elt.closest("form");
  if (form && event.detail.xhr.status === 403) HTMLFormElement.prototype.submit.call(form);
  else say(document.body.dataset.failed);
});

document.addEventListener("htmx:sendError", () => say(document.body.dataset.failed));

function say(text) {
  const item = document.createElement("li");
  item.className = "notice notice--error";
  item.textContent = text;
  const list = document.createElement("ul");
  list.className = "messages messages--toast";
  list.append(item);
  document.getElementById("messages").replaceChildren(list);
}

/* A swap of the cart keeps what was typed into other lines, and puts the focus of a line that is
   gone on the one that took its place. */
let typed = [];
let gone = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "cart-page") return;
  const sent = event.detail.requestConfig.elt;
  typed = [...event.detail.target.querySelectorAll('input[type="number"]')]
    .filter((input) => input.value !== input.defaultValue && !sent.contains(input))
    .map((input) => [input.id, input.value]);
  const lines = [...event.detail.target.querySelectorAll(".line")];
  gone = document.activeElement?.closest(".line") ? lines.indexOf(document.activeElement.closest(".line")) : -1;
});

document.addEventListener("htmx:afterSettle", () => {
  const page = document.getElementById("cart-page");
  if (!page || gone === null) return;
  for (const [id, value] of typed) {
    const input = document.getElementById(id);
    if (input) input.value = value;
  }
  if (!document.activeElement || document.activeElement === document.body) {
    const buttons = page.querySelectorAll(".line__remove");
    (buttons[Math.min(gone, buttons.length - 1)] ?? document.getElementById("cart-title")).focus();
  }
  gone = null;
});
