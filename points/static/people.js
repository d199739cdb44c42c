// Finds people by pinyin initials, name or house number and puts them into a team.
//
// Markup (ui.people_picker): [data-people] with data-search-url, data-name (of the checkboxes) and the sentences data-say-*;
// in it input[type=search] and its button, ul[data-people-list] of <li><label class="choice"><input type="checkbox">…, and
// [data-people-count]. The address answers ?q= with JSON: a list of {id, name, number, address}, or {people: list}.
// A card: data-card-url takes a POST of its code, which is never put into an address, and answers with one person or {error};
// the code comes from [data-scanner] (scanner.js) or is typed as the search. Teams: [data-teams] with data-teams-url holds
// button[data-team] with JSON of the people it adds; it is fetched anew for the item chosen in select[name=item_id].
// Without scripts the search button sends the form, and the server renders what it found as checkboxes beside those chosen.

import "./scanner.js";

const PAUSE_MS = 180;
const CARD = /^(?:\d{12}|\d{34})$/;

function enhance() {
  for (const box of document.querySelectorAll("[data-people]:not([data-ready])")) picker(box);
}

function picker(box) {
  box.dataset.ready = "";
  const say = box.dataset;
  const input = box.querySelector("input[type=search]");
  const list = box.querySelector("[data-people-list]");
  const found = element("ul", { className: "people__found", id: `${input.id}-found`, role: "listbox", hidden: true });
  found.setAttribute("aria-label", input.getAttribute("aria-label"));
  box.querySelector(".people__find").append(found);
  const search = box.querySelector(".people__find button");
  search.hidden = true;
  search.type = "button"; // else Enter in another field would press it
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": found.id, "aria-expanded": "false" }))
    input.setAttribute(name, value);
  let timer, asking, people = [], at = -1;

  const count = () => {
    const chosen = list.querySelectorAll("input:checked").length;
    box.querySelector("[data-people-count]").textContent = chosen ? say.sayCount.replace("{n}", chosen) : "";
  };
  const close = () => {
    found.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
    at = -1;
  };
  const open = (text) => {
    const rows = people.map((person, i) => {
      const row = element("li", { role: "option", id: `${found.id}-${i}` }, ...words(person));
      row.setAttribute("aria-selected", "false");
      row.addEventListener("pointerdown", (event) => event.preventDefault()); // the input keeps the focus
      row.addEventListener("click", () => choose(person));
      return row;
    });
    if (!rows.length) rows.push(element("li", { role: "option", ariaDisabled: "true", textContent: text }));
    found.replaceChildren(...rows);
    input.removeAttribute("aria-activedescendant");
    found.hidden = false;
    input.setAttribute("aria-expanded", "true");
    at = -1;
  };
  const mark = (next) => {
    if (!people.length) return;
    found.children[at]?.setAttribute("aria-selected", "false");
    at = (next + people.length) % people.length;
    found.children[at].setAttribute("aria-selected", "true");
    found.children[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", found.children[at].id);
  };
  const put = (person) => {
    const there = list.querySelector(`input[value="${CSS.escape(person.id)}"]`);
    if (there) there.checked = true;
    else list.append(removable(chosenRow(person)));
    list.dispatchEvent(new Event("change", { bubbles: true })); // a draft keeps it
  };
  const choose = (person) => {
    put(person);
    input.value = "";
    people = [];
    close();
    count();
    input.focus();
  };
  const card = async (code) => {
    close();
    const status = box.querySelector("[data-status]");
    const body = new URLSearchParams({ code, csrf_token: input.form.elements.csrf_token?.value || say.token });
    try {
      const response = await fetch(say.cardUrl, { method: "POST", body, headers: { Accept: "application/json" } });
      const answer = await response.json();
      if (answer.id) choose(answer);
      if (status) status.textContent = answer.id ? answer.name : answer.error;
    } catch {
      if (status) status.textContent = say.sayOffline;
    }
  };
  const ask = async () => {
    asking?.abort();
    const q = input.value.trim();
    people = [];
    if (!q) return close();
    const digits = q.replace(/[\s-]/g, "");
    if (say.cardUrl && CARD.test(digits)) return card(digits);
    asking = new AbortController();
    try {
      const address = new URL(say.searchUrl, location.href);
      address.searchParams.set("q", q);
      const response = await fetch(address, { signal: asking.signal, headers: { Accept: "application/json" } });
      if (!response.ok) throw new Error(response.status);
      const answer = await response.json();
      people = answer.people || answer;
      open(say.sayNone);
    } catch (error) {
      if (error.name !== "AbortError") open(say.sayOffline);
    }
  };
  const chosenRow = (person) => {
    const tick = element("input", { type: "checkbox", name: say.name, value: person.id, checked: true });
    return element("li", {}, element("label", { className: "choice" }, tick, element("span", {}, ...words(person))));
  };
  const removable = (row) => {
    const button = element("button", { type: "button", className: "step", textContent: "✕" });
    button.setAttribute("aria-label", `${say.sayRemove} ${row.querySelector(".cell__title").textContent}`);
    button.addEventListener("click", () => { row.remove(); count(); input.focus(); });
    row.append(button);
    return row;
  };

  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, PAUSE_MS); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at < 0 ? -1 : at - 1);
    else if (event.key === "Escape") close();
    else if (event.key === "Enter") {
      if (people.length && !found.hidden) choose(people[Math.max(at, 0)]);
      else { clearTimeout(timer); ask(); }
    } else return;
    event.preventDefault();
  });
  box.querySelector("[data-scanner]")?.addEventListener("code", (event) => card(event.detail));
  const teams = box.querySelector("[data-teams]");
  teams?.addEventListener("click", (event) => {
    const team = event.target.closest("[data-team]");
    if (!team) return;
    event.preventDefault();
    for (const person of JSON.parse(team.dataset.team)) put(person);
    count();
  });
  if (teams?.dataset.teamsUrl) input.form.elements.item_id?.addEventListener("change", async (event) => {
    const address = new URL(teams.dataset.teamsUrl, location.href);
    address.searchParams.set("item", event.target.value);
    const response = await fetch(address).catch(() => null);
    if (response?.ok) teams.innerHTML = await response.text();
  });
  list.addEventListener("change", count);
  for (const row of list.children) removable(row);
  count();
}

const words = (person) => [
  element("span", { className: "cell__title", textContent: person.name }),
  element("span", { className: "cell__sub", textContent: [person.address, person.number].filter(Boolean).join(" · ") }),
];

function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  if (properties.role) made.setAttribute("role", properties.role);
  made.append(...children);
  return made;
}

document.addEventListener("page", enhance);
enhance();
