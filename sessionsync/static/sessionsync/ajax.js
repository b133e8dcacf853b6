// Shakes hands behind a page that was served already. Where the browser keeps main's cookie from
// this request, nothing is lost: the next navigation goes by redirect.
(async () => {
  const { ask, tell } = document.currentScript.dataset;
  let code = "";
  try {
    const answer = await fetch(ask, {
      credentials: "include",
      cache: "no-store",
      referrerPolicy: "no-referrer",
    });
    if (answer.ok) code = (await answer.json()).code ?? "";
  } catch {
    // Main is out of reach, or its answer is kept from us.
  }
  const told = await fetch(`${tell}&code=${encodeURIComponent(code)}`, { cache: "no-store" });
  if (told.ok && (await told.json()).linked) {
    document.dispatchEvent(new CustomEvent("sessionsync:linked"));
  }
})();
