// The counter: the code field, the basket and its sums, and what every page of it listens for.
//
// Markup: [data-scanner] as in scanner.js. With input[data-code] in it (card page) what is read goes there and its form is
// sent; input[data-photographed] says that it was a photo; data-say-product refuses goods that a gun scanned too early.
// Without it (basket, receipt) goods are added to form.basket, the receipt's own code goes into input[data-receipt-code], and
// anything else opens what it is by form[data-next]; a basket that is not empty asks first, in dialog[data-ask].
// form.basket: [data-line][data-goods][data-name][data-price][data-codes] with button[data-step] and input[data-count];
// [data-total][data-balance] with [data-spent], [data-left], [data-short], where cash is taken data-cash (fen a point) and
// [data-cash-box], without a PIN data-free (points); [data-chosen] lists what is in it. a[data-leave]: the next customer (Esc).
// button[data-sound] switches sound and vibration. Without scripts: typed numbers, sums by the server.

import { beQuiet, isQuiet, signal } from "./scanner.js";

const isProduct = (code) => [8, 12, 13].includes(code.length);
const padded = (code) => code.padStart(code.length === 12 ? 13 : 8, "0");

// --- card page -------------------------------------------------------------------------------------------------------

function till(box) {
  box.dataset.ready = "";
  const field = box.querySelector("[data-code]");
  box.addEventListener("code", (event) => {
    if (box.dataset.sayProduct && event.how === "gun" && isProduct(event.detail)) {
      signal(false);
      box.querySelector("[data-status]").textContent = box.dataset.sayProduct;
      return;
    }
    const photo = field.form.querySelector("[data-photographed]");
    if (photo) photo.value = event.how === "photo" ? "1" : "";
    field.value = event.detail;
    field.form.requestSubmit();
  });
}

// --- basket ----------------------------------------------------------------------------------------------------------

const lines = (form) => [...form.querySelectorAll("[data-line]")];
const countOf = (line) => line.querySelector("[data-count]");
const chosen = (form) => lines(form).filter((line) => countOf(line).value > 0);

function basket(form) {
  form.dataset.ready = "";
  const total = form.querySelector("[data-total]");
  const add = () => {
    let spent = 0;
    for (const line of lines(form)) {
      const count = countOf(line);
      spent += line.dataset.price * count.value;
      line.classList.toggle("goods_in", count.value > 0);
      line.querySelector("[data-step='-1']").disabled = count.value <= 0;
      line.querySelector("[data-step='1']").disabled = +count.value >= +count.max;
    }
    const left = total.dataset.balance - spent;
    const cash = left < 0 ? -left * (total.dataset.cash || 0) : 0;
    total.querySelector("[data-spent]").value = spent.toLocaleString("en");
    total.querySelector("[data-left]").value = (cash ? 0 : left).toLocaleString("en").replace("-", "−");
    total.querySelector("[data-short]").hidden = left >= 0 || cash > 0;
    total.classList.toggle("total_short", left < 0 && !cash);
    pay(total, cash);
    const pin = total.querySelector("[name=pin]");
    if (pin && "free" in total.dataset) pin.required = Math.min(spent, total.dataset.balance) > total.dataset.free;
    list(form);
  };
  // Lines that come later, found by a search or a barcode, have their buttons shown too.
  const open = () => {
    for (const hidden of form.querySelectorAll("[data-step], [data-total-spent], [data-total-left]")) hidden.hidden = false;
    add();
  };
  form.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) change(step.closest("[data-line]"), +step.dataset.step);
    const less = event.target.closest("[data-less]");
    if (less) change(form.querySelector(`[data-line][data-goods="${less.dataset.less}"]`), -1);
  });
  form.addEventListener("input", add);
  form.addEventListener("lines", open);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && event.target.matches("[data-count]")) event.preventDefault();
  });
  open();
}

// Add pieces of goods; answers whether their number changed.
function change(line, by) {
  const count = countOf(line);
  const before = +count.value;
  count.value = Math.min(count.max, Math.max(0, before + by));
  count.dispatchEvent(new Event("input", { bubbles: true }));
  return +count.value !== before;
}

// Missing points paid in cash: how much, and whether it was received, to be said anew whenever it changes.
function pay(total, fen) {
  const box = total.querySelector("[data-cash-box]");
  if (!box) return;
  const tick = box.querySelector("input");
  if (+tick.value !== fen) tick.checked = false;
  tick.value = fen;
  tick.required = fen > 0;
  box.hidden = fen === 0;
  const say = { n: fen / total.dataset.cash, yuan: (fen / 100).toFixed(2) };
  box.querySelector("[data-cash-text]").textContent = filled(total.dataset.sayCash, say);
}

// What is in the basket, in sight wherever the shelf was scrolled to; a tap takes one off.
function list(form) {
  const place = form.querySelector("[data-chosen]");
  if (!place) return;
  const there = new Map([...place.children].map((row) => [row.firstChild.dataset.less, row]));
  for (const line of chosen(form)) {
    const { goods, name, price } = line.dataset;
    const row = there.get(goods) || document.createElement("li");
    there.delete(goods);
    const text = `${name} × ${countOf(line).value}`;
    if (row.title === text) continue;
    row.title = text;
    const button = Object.assign(document.createElement("button"), { type: "button", className: "chip" });
    button.dataset.less = goods;
    button.setAttribute("aria-label", `${place.dataset.sayLess} ${text}`);
    for (const [part, words] of [["chip__minus", "−"], ["chip__what", text], ["chip__points num", price * countOf(line).value]])
      button.append(Object.assign(document.createElement("span"), { className: part, textContent: words }));
    const focused = row.contains(document.activeElement);
    row.replaceChildren(button);
    if (!row.isConnected) { place.prepend(row); place.scrollLeft = 0; }
    if (focused) button.focus();
  }
  for (const row of there.values()) row.remove();
  place.hidden = !place.children.length;
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// --- what is scanned on a page of the counter other than the card page ---------------------------------------------------

function counter(box) {
  box.dataset.ready = "";
  const form = document.querySelector("form.basket");
  const said = box.querySelector("[data-status]");
  const say = (text, good) => {
    said.textContent = text;
    said.classList.toggle("counter__said_bad", !good);
    if (!good) signal(false);
  };
  const put = (line) => {
    const { name } = line.dataset;
    const count = countOf(line);
    const added = change(line, 1);
    const how = added ? box.dataset.sayAdded : +count.max ? box.dataset.sayMost : box.dataset.sayOut;
    say(filled(how, { name, n: count.value }), added);
    line.hidden = false;
    line.closest("section")?.removeAttribute("hidden");
    line.scrollIntoView({ block: "nearest" });
    line.classList.remove("goods_new");
    void line.offsetWidth; // so that it flashes again
    line.classList.add("goods_new");
  };
  const product = async (code) => {
    const there = lines(form).find((line) => line.dataset.codes.split(" ").includes(padded(code)));
    if (there) return put(there);
    try {
      const address = new URL(box.dataset.goodsUrl, location.href);
      address.searchParams.set("code", code);
      const response = await fetch(address);
      if (!response.ok || response.redirected) throw new Error(response.status);
      const answer = new DOMParser().parseFromString(await response.text(), "text/html");
      const line = answer.querySelector("[data-line]");
      if (!line) return say(answer.querySelector("[data-refused]").textContent, false);
      put(shelve(form, line));
    } catch {
      say(box.dataset.sayOffline, false);
    }
  };
  box.addEventListener("code", (event) => {
    const code = event.detail;
    if (form && isProduct(code)) {
      event.preventDefault();
      return product(code);
    }
    const own = document.querySelector("[data-receipt-code]");
    if (own && code[0] === "3" && code.length === 34) {
      own.value = code;
      own.closest("details").open = true;
      return own.form.elements.reason.focus();
    }
    if (form?.elements.card.value === code) return say(box.dataset.saySame, true);
    const next = document.querySelector("form[data-next]");
    if (!next) return;
    leave(() => {
      next.elements.code.value = code;
      next.elements.photo.value = event.how === "photo" ? "1" : "";
      next.requestSubmit();
    });
  });
}

// Put a line from elsewhere on the shelf, or find it there; answers with the one that is there.
export function shelve(form, line) {
  const there = form.querySelector(`[data-line][data-goods="${line.dataset.goods}"]`);
  if (there) return there;
  const put = document.adoptNode(line);
  let group = form.querySelector("[data-found]");
  if (!group.querySelector(".shelf")) group.replaceChildren(Object.assign(document.createElement("ul"), { className: "shelf" }));
  group.hidden = false;
  group.querySelector(".shelf").prepend(put);
  form.dispatchEvent(new Event("lines"));
  return put;
}

// Go on to the next customer; a basket that is not empty is not dropped without asking.
function leave(go) {
  const form = document.querySelector("form.basket");
  const ask = document.querySelector("dialog[data-ask]");
  if (!ask || !form || !chosen(form).length) return go();
  if (ask.open) return;
  ask.querySelector("[data-go]").onclick = () => { ask.close(); go(); };
  ask.querySelector("[data-stay]").onclick = () => ask.close();
  ask.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || document.querySelector("dialog[open]")) return;
  const form = document.querySelector("form.basket");
  if (event.key === "Escape" && !event.target.value) { // in the search it clears what was typed
    const link = document.querySelector("a[data-leave]");
    if (link) leave(() => link.click());
  } else if (form && event.key === "Enter" && event.ctrlKey) {
    event.preventDefault();
    form.requestSubmit(form.querySelector("button.weui-btn_primary[type=submit]"));
  }
});

// --- all day -----------------------------------------------------------------------------------------------------------

function sound(button) {
  button.dataset.ready = "";
  const show = () => {
    button.textContent = isQuiet() ? button.dataset.sayOff : button.dataset.sayOn;
    button.setAttribute("aria-pressed", !isQuiet());
  };
  button.hidden = false;
  button.addEventListener("click", () => { beQuiet(!isQuiet()); show(); signal(true); });
  show();
}

// The screen stays on while a page of the counter is in front; a phone that hides the page takes that back.
let awake = null;
async function stayAwake() {
  if (document.visibilityState !== "visible" || !document.querySelector("[data-scanner]") || awake?.released === false) return;
  try { awake = await navigator.wakeLock?.request("screen"); } catch { /* an empty battery may refuse */ }
}
document.addEventListener("visibilitychange", stayAwake);

function enhance(event) {
  document.querySelectorAll("[data-scanner]:has([data-code]):not([data-ready])").forEach(till);
  document.querySelectorAll("form.basket:not([data-ready])").forEach(basket);
  document.querySelectorAll("[data-scanner]:not(:has([data-code])):not([data-ready])").forEach(counter);
  document.querySelectorAll("[data-sound]:not([data-ready])").forEach(sound);
  for (const keys of document.querySelectorAll("[data-keys]")) keys.hidden = false;
  if (event && document.querySelector("[data-scanner]") && document.querySelector("main [role=alert]")) signal(false);
  stayAwake();
}

document.addEventListener("page", enhance);
enhance();
