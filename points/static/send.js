// Sends a form once and never loses what was typed.
//
// Markup: <form method="post" data-once> with a hidden input `key` minted by the server into each rendered page; sentences in
// <body data-say-offline data-say-broken>. A definite answer (below 500) brings a whole page with a new key, which takes this
// one's place; without an answer the form stays as it is and the same key is sent again. After a page took its place,
// `document` gets the event "page", at which other modules enhance what is new; before it the event "answer" says what became
// of the form (drafts.js). Without scripts a form is a plain form.

const WAIT_MS = 30000;
const SLOWEST = 20; // bytes a millisecond: photos over a weak network take their time
const reads = Boolean(document.querySelector("[data-scanner]"));
let here = location.pathname + location.search;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.action.includes("/sign-out")) window.indexedDB?.deleteDatabase("points-drafts");
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  event.preventDefault();
  if (!form.hasAttribute("aria-busy")) send(form, event.submitter);
});

// Back to an address whose page was replaced: fetch it anew.
addEventListener("popstate", () => {
  if (location.pathname + location.search !== here) location.reload();
});

async function send(form, button) {
  const data = new FormData(form);
  if (button?.name) data.append(button.name, button.value);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  const address = button?.hasAttribute("formaction") ? button.formAction : form.action;
  rest(form, true);
  const patience = new AbortController();
  const files = [...data.values()].reduce((sum, value) => sum + (value.size ?? 0), 0);
  const timer = setTimeout(() => patience.abort(), WAIT_MS + files / SLOWEST);
  try {
    const response = await fetch(address, { method: "POST", body, signal: patience.signal, credentials: "same-origin" });
    if (response.status >= 500) throw new Error("broken");
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.status === 413) { // too large to be read, so nothing came back of what was typed: the form stays
      rest(form, false);
      return say(form, button, page.querySelector(".alert p").textContent);
    }
    const done = response.redirected && "me" in page.body.dataset; // not led to sign in
    document.dispatchEvent(new CustomEvent("answer", { detail: { form, done, refused: response.status >= 400 } }));
    show(page, response);
  } catch (error) {
    rest(form, false);
    say(form, button, error.message === "broken" ? document.body.dataset.sayBroken : document.body.dataset.sayOffline);
    button?.focus();
  } finally {
    clearTimeout(timer);
  }
}

function rest(form, busy) {
  if (busy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
  for (const button of form.querySelectorAll("button")) button.disabled = busy;
}

// What was said before keeps its place while the form is sent again: else the second tap of two hits what moved there.
function say(form, button, text) {
  form.querySelector("[data-said]")?.remove();
  const note = document.createElement("p");
  note.className = "alert alert_bad";
  note.dataset.said = "";
  note.setAttribute("role", "alert");
  note.textContent = text;
  const place = button?.closest(".actions") || button;
  if (form.contains(place)) place.before(note);
  else form.append(note);
  note.scrollIntoView({ block: "nearest" });
}

// Put the answer in this page's place. A second GET would lose the flashed message, so what came is what is shown.
function show(page, response) {
  // Only the till's pages have the security policy under which the QR reader may run, and the first page's stays in force.
  if (response.redirected && !reads && page.querySelector("[data-scanner]")) return location.assign(response.url);
  if (response.redirected && response.url !== location.href) history.pushState(null, "", response.url);
  here = location.pathname + location.search;
  document.title = page.title;
  for (const link of page.querySelectorAll("link[rel=stylesheet]")) {
    if (!document.head.querySelector(`link[href="${link.getAttribute("href")}"]`)) document.head.append(link);
  }
  const scripts = [...page.querySelectorAll("script[src]")].map((script) => new URL(script.getAttribute("src"), location.href));
  document.body.replaceWith(document.adoptNode(page.body));
  scrollTo(0, 0);
  const first = document.querySelector(".alert_bad a, [autofocus]") || document.getElementById("main");
  first?.focus({ preventScroll: first.id === "main" });
  for (const script of scripts) import(script.href);
  document.dispatchEvent(new Event("page"));
}
