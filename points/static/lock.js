// Locks a clerk's screen after a pause, a little before the server would refuse: the page stays under the lock as it was, with
// all that was typed. Without scripts the server locks by itself.
//
// Markup: <body data-lock=SECONDS data-lock-at="/lock" data-token>. The lock's page is fetched and its panel shown in a dialog;
// the server decides. Tabs of one browser share when somebody was there last.

const SEEN = "points-seen";
const EARLY_MS = 5000;
const TELL_EVERY_MS = 60000;
const LOOK_EVERY_MS = 2000;
let told = Date.now();
let box = null;
let asking = false;

const seen = () => Number(localStorage.getItem(SEEN));
const isHere = () => localStorage.setItem(SEEN, Date.now());
const address = (path = "") => document.body.dataset.lockAt + path;

function here() {
  if (box || !document.body.dataset.lock) return;
  isHere();
  if (Date.now() - told < TELL_EVERY_MS) return;
  told = Date.now();
  fetch(address("/stay")).catch(() => {});
}

function look() {
  const pause = document.body.dataset.lock * 1000 - EARLY_MS;
  if (box && Date.now() - seen() < pause) return open(); // opened in another tab
  if (box && !box.querySelector("form")) return shut();
  if (!box && pause > 0 && Date.now() - seen() > pause) lock();
}

function lock() {
  box = Object.assign(document.createElement("dialog"), { className: "lock bare" });
  box.addEventListener("cancel", (event) => event.preventDefault());
  box.addEventListener("close", () => box?.isConnected && box.showModal()); // whoever presses Escape twice
  document.body.append(box);
  box.showModal();
  for (const video of document.querySelectorAll("video")) {
    for (const track of video.srcObject?.getTracks() || []) track.stop();
  }
  shut();
}

// Let the server lock, and show what it asks; a second answer would wipe out what is being typed.
async function shut() {
  if (asking) return;
  asking = true;
  await ask(address("/now"), new FormData());
  asking = false;
}

async function ask(url, data) {
  data.set("csrf_token", document.body.dataset.token);
  try {
    const response = await fetch(url, { method: "POST", body: new URLSearchParams(data) });
    if (response.url.endsWith(address("/stay"))) return open();
    if (response.status >= 500) throw new Error("broken");
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!("me" in page.body.dataset)) return location.assign(document.body.dataset.lockAt);
    box?.replaceChildren(...page.querySelectorAll("h1, main .panel"));
    box?.querySelector("input:not([type=hidden])")?.focus();
  } catch {
    if (box && !box.querySelector("form")) box.textContent = document.body.dataset.sayOffline;
  }
}

function open() {
  isHere();
  told = Date.now();
  box?.remove();
  box = null;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!box?.contains(form) || !form.action.endsWith(address())) return;
  event.preventDefault();
  const data = new FormData(form);
  data.set("lock-to", address("/stay"));
  ask(form.action, data);
}, true);
// A scanner gun finds nobody.
addEventListener("keydown", (event) => box && event.stopPropagation(), true);
for (const sign of ["pointerdown", "keydown", "input"]) addEventListener(sign, here, { capture: true, passive: true });
document.addEventListener("visibilitychange", look);
document.addEventListener("page", () => { box?.remove(); box = null; isHere(); });
isHere();
setInterval(look, LOOK_EVERY_MS);
