// Judging by keyboard: j k or ↓ ↑ go from line to line, space ticks, a approves, c r x open the line's sheet and Enter there
// presses the button meant, Esc closes it, ? shows the keys. After an answer the hand is on the line that took the place.
//
// Markup: [data-judge] a line, with a checkbox, buttons [data-verdict] and a sheet [data-judge-sheet]; [data-judge-help];
// [data-ticked data-say="… {n} …"]. Without scripts all of it is buttons and checkboxes.

const MEANT = { KeyC: "change", KeyR: "return", KeyX: "refuse" };
let at = -1;
let byKey = false;

const lines = () => [...document.querySelectorAll("[data-judge]")];
const button = (line, verdict) => line?.querySelector(`button[data-verdict="${verdict}"]`);

function go(place) {
  const all = lines();
  if (!all.length) return;
  at = Math.max(0, Math.min(place, all.length - 1));
  for (const line of all) line.toggleAttribute("data-at", line === all[at]);
  const box = all[at].querySelector("input[type=checkbox]:enabled") || all[at];
  if (box === all[at]) box.tabIndex = -1;
  box.focus({ preventScroll: true });
  all[at].scrollIntoView({ block: "center" });
}

// Open the sheet of a line for one verdict; Enter there presses that verdict's button.
function open(line, verdict) {
  const sheet = line?.querySelector("[data-judge-sheet]");
  if (!button(line, verdict)) return;
  sheet.open = true;
  sheet.dataset.meant = verdict;
  sheet.querySelector(verdict === "change" ? "input[type=number]" : "input:not([type=number])").focus();
}

document.addEventListener("keydown", (event) => {
  const all = lines();
  if (!all.length || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
  const sheet = event.target.closest?.("[data-judge-sheet]");
  if (event.key === "Escape" && sheet) {
    sheet.open = false;
    go(all.indexOf(sheet.closest("[data-judge]")));
  } else if (event.key === "Enter" && typing && sheet?.dataset.meant) {
    event.preventDefault();
    byKey = true;
    button(sheet, sheet.dataset.meant).click();
  } else if (!typing) {
    press(event, all);
  }
});

function press(event, all) {
  const here = all[at];
  if (event.code === "KeyJ" || event.key === "ArrowDown") go(at + 1);
  else if (event.code === "KeyK" || event.key === "ArrowUp") go(at - 1);
  else if (event.code === "KeyA" && button(here, "approve")) {
    byKey = true;
    button(here, "approve").click();
  } else if (MEANT[event.code]) open(here, MEANT[event.code]);
  else if (event.key === "?") help();
  else return;
  event.preventDefault();
}

function help() {
  const keys = document.querySelector("[data-judge-help]");
  if (keys) keys.open = !keys.open;
}

function count() {
  const said = document.querySelector("[data-ticked]");
  if (said) said.textContent = said.dataset.say.replace("{n}", document.querySelectorAll("[data-judge] input:checked").length);
}

document.addEventListener("change", count);
document.addEventListener("focusin", (event) => {
  const line = event.target.closest?.("[data-judge]");
  if (line) at = lines().indexOf(line);
});

function enhance() {
  const keys = document.querySelector("[data-judge-help]");
  if (keys) keys.hidden = !matchMedia("(pointer: fine)").matches;
  count();
  if (byKey) go(at);
  if (byKey) lines()[at]?.querySelector("[data-judge-sheet][open] input")?.focus();
  byKey = false;
}

document.addEventListener("page", enhance);
enhance();
