// Narrows a list while one types: an input[data-find] shows, of all [data-words] on its page, those where a word begins with
// what was typed (pinyin initials) or, in Chinese, holds it. A line that already has a count stays, unless a list beside says
// what was chosen ([data-chosen], till.js). Without scripts the whole list is there. With data-find-url the list is too long to be on the page: what is found is fetched into [data-found].
//
// Keys: / goes to the field, the arrows mark a line, Enter adds one of it, or of the first.

import { shelve } from "./till.js";

const PAUSE_MS = 180;
const isIn = (line) => [...line.querySelectorAll("[data-count]")].some((count) => count.value > 0);
const stays = (line) => isIn(line) && !document.querySelector("[data-chosen]");
const shown = () => [...document.querySelectorAll("[data-words]:has([data-count]):not(:has([data-words])):not([data-missed])")]
  .filter((line) => line.offsetParent);

function narrow(wanted) {
  for (const line of document.querySelectorAll("[data-words]")) {
    const found = line.dataset.words.split(" ").some((word) => word.startsWith(wanted)) || (/[^\x00-\x7f]/.test(wanted) && line.dataset.words.includes(wanted));
    line.toggleAttribute("data-missed", !found);
    line.hidden = !found && !stays(line);
  }
}

// Fetch what is found and show it above the rest, which is hidden meanwhile; what is in the basket is never taken out.
async function seek(input, signal) {
  const form = input.form;
  const place = form.querySelector("[data-found]");
  const groups = form.querySelector("[data-groups]");
  const wanted = input.value.trim();
  let lines = [];
  if (wanted) {
    const address = new URL(input.dataset.findUrl, location.href);
    address.searchParams.set("q", wanted);
    const response = await fetch(address, { signal });
    if (!response.ok || response.redirected) return;
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    lines = [...answer.querySelectorAll("[data-line]")];
    if (!lines.length) lines = [answer.querySelector("p")];
  }
  for (const line of form.querySelectorAll("[data-line]")) {
    const found = lines.some((one) => one.dataset.goods === line.dataset.goods);
    if (place.contains(line) && !found && !isIn(line)) {
      line.remove();
      continue;
    }
    line.toggleAttribute("data-missed", Boolean(wanted) && !found);
    line.hidden = Boolean(wanted) && !found && !stays(line);
  }
  for (const section of groups.querySelectorAll("section")) section.hidden = !section.querySelector("[data-line]:not([hidden])");
  place.querySelector("p")?.remove();
  for (const line of lines.reverse()) line.matches("p") ? place.append(line) : shelve(form, line);
  place.hidden = !place.querySelector("[data-line], p");
}

function enhance() {
  for (const input of document.querySelectorAll("[data-find]:not([data-ready])")) {
    input.dataset.ready = "";
    input.closest("[hidden]")?.removeAttribute("hidden");
    for (const button of document.querySelectorAll("[data-find-button]")) Object.assign(button, { hidden: true, type: "button" });
    let at = null, timer, asking;
    const mark = (line) => {
      at?.removeAttribute("data-at");
      at = line || null;
      at?.setAttribute("data-at", "");
      at?.scrollIntoView({ block: "nearest" });
    };
    input.addEventListener("input", () => {
      mark(null);
      if (!input.dataset.findUrl) return narrow(input.value.trim().toLowerCase());
      clearTimeout(timer);
      asking?.abort();
      asking = new AbortController();
      const { signal } = asking;
      timer = setTimeout(() => seek(input, signal).catch(() => {}), PAUSE_MS);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      const all = shown();
      const place = all.indexOf(at);
      if (event.key === "ArrowDown") mark(all[Math.min(place + 1, all.length - 1)]);
      else if (event.key === "ArrowUp") mark(all[Math.max(place - 1, 0)]);
      else if (event.key === "Enter" && !event.ctrlKey) {
        const line = place >= 0 ? at : input.value.trim() ? all[0] : null;
        if (line) mark(line);
        line?.querySelector("[data-step='1']")?.click();
        input.select();
      } else return;
      event.preventDefault();
    });
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.isComposing) return;
  const input = document.querySelector("[data-find]");
  if (!input || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  input.focus();
  input.select();
});

document.addEventListener("page", enhance);
enhance();
