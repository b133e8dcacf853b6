/* Search as one types, and lists that narrow down in place. Without it both go page by page. */

/* --- Suggestions -------------------------------------------------------------------------------- */

const search = document.getElementById("search-q");
const suggestions = document.getElementById("suggestions");

if (search && suggestions) {
  const form = search.form;
  const links = () => [...suggestions.querySelectorAll("a")];
  const show = (shown) => {
    suggestions.hidden = !shown || !suggestions.firstElementChild;
  };

  /* An answer that comes when the shopper is elsewhere already is not shown. */
  suggestions.addEventListener("htmx:beforeSwap", (event) => {
    if (!form.contains(document.activeElement)) event.detail.shouldSwap = false;
  });
  suggestions.addEventListener("htmx:afterSwap", () => show(true));
  search.addEventListener("focus", () => show(true));

  form.addEventListener("keydown", (event) => {
    if (suggestions.hidden) return;
    if (event.key === "Escape") {
      event.preventDefault(); // a search field would be emptied, too
      search.focus();
      show(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const stops = [search, ...links()];
      const at = stops.indexOf(document.activeElement);
      if (at < 0) return;
      event.preventDefault();
      stops[(at + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
    }
  });

  form.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!form.contains(event.target)) show(false);
  });

  /* No suggestions are no reason to trouble anybody. */
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    search.addEventListener(name, (event) => event.stopPropagation());
  }
}

/* --- Lists ---------------------------------------------------------------------------------------- */

/* What the shopper had opened and scrolled stays so when the list is another, and what they touched
   stays where it was in the window. */
let kept = null;

function heightOf(id) {
  return document.getElementById(id)?.getBoundingClientRect().top;
}

function withoutButton() {
  for (const button of document.querySelectorAll("[data-without-script]")) button.hidden = true;
}

withoutButton();

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "results") return;
  const results = event.detail.target;
  kept = {
    open: results.querySelector("details")?.open,
    touched: document.activeElement.id,
    height: heightOf(document.activeElement.id),
    scrolled: [...results.querySelectorAll(".facet__list[id]")].map((list) => [list.id, list.scrollTop]),
  };
});

document.addEventListener("htmx:afterSwap", () => {
  const results = document.getElementById("results");
  if (!results || !kept) return;
  const panel = results.querySelector("details");
  if (panel) panel.open = kept.open;
  for (const [id, top] of kept.scrolled) {
    const list = document.getElementById(id);
    if (list) list.scrollTop = top;
  }
  const height = heightOf(kept.touched);
  if (height !== undefined) scrollBy({ top: height - kept.height, behavior: "instant" });
  kept = null;
  withoutButton();
  if (!results.contains(document.activeElement)) document.getElementById("results-count").focus();
});

/* Who changes the language comes back to the list as it is now. */
document.addEventListener("htmx:pushedIntoHistory", (event) => {
  for (const next of document.querySelectorAll('.languages input[name="next"]')) next.value = event.detail.path;
});
