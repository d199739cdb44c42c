// Keeps what is typed into a form until the server took it: over a lost connection, a closed page and a crash.
//
// Markup (ui.form_open with draft): form[data-draft="name"] with data-say-restored and data-say-clear; <body data-me="id">, for
// on a shared phone nobody sees another's draft. Kept in IndexedDB: fields, ticks, chosen people, photos and the write's key. The
// key stays while no answer came, so that what was sent and never answered is found and not done again; a refusal ends it.
// send.js fires "answer" with {form, done, refused} before a page takes its place, and forgets everything at sign-out.

const DAYS = 7 * 24 * 3600 * 1000;
const PAUSE_MS = 300;
let refused = null; // the draft whose refusal this page shows: the server has filled in all but the photos

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("points-drafts", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("drafts");
    asked.onerror = () => fail(asked.error);
    asked.onsuccess = () => {
      asked.result.onversionchange = () => {
        asked.result.close();
        opened = null;
      };
      done(asked.result);
    };
  });
}
let opened = null;

// Run one request on the store; a browser that keeps nothing (private windows) just has no drafts.
async function ask(mode, work) {
  try {
    const base = await (opened ??= open());
    return await new Promise((done, fail) => {
      const request = work(base.transaction("drafts", mode).objectStore("drafts"));
      request.onsuccess = () => done(request.result);
      request.onerror = () => fail(request.error);
    });
  } catch {
    opened = null;
  }
}

// Whose, what, and where to: a steward of two villages has a draft in each.
const nameOf = (form) => document.body.dataset.me && [document.body.dataset.me, form.dataset.draft, form.getAttribute("action")].join(" ");
const unkept = ["hidden", "submit", "button", "search", "password", "fieldset"];
const fieldsOf = (form) => [...form.elements].filter((field) => field.name && !unkept.includes(field.type));
const isTick = (field) => field.type === "checkbox" || field.type === "radio";

// What the form says now, or with *first* what it said when it came; photos as files.
function collect(form, first = false) {
  const said = { values: {}, ticked: [], people: [], photos: {} };
  for (const field of fieldsOf(form)) {
    const on = first ? field.defaultChecked : field.checked;
    if (field.type === "file") said.photos[field.name] = first ? [] : [...field.files];
    else if (!isTick(field)) (said.values[field.name] ??= []).push(first ? firstValue(field) : field.value);
    else if (on && field.closest("[data-people-list]")) {
      const words = field.parentElement.querySelectorAll(".cell__title, .cell__sub");
      said.people.push({ name: field.name, value: field.value, words: [...words].map((word) => word.textContent) });
    } else if (on) said.ticked.push(`${field.name}=${field.value}`);
  }
  return said;
}

const firstValue = (field) => (field.options ? ([...field.options].find((option) => option.defaultSelected) ?? field.options[0])?.value : field.defaultValue);
const isBlank = (form) => JSON.stringify(collect(form, true)) === JSON.stringify(collect(form)); // a file counts, whatever it is

// Photos are kept as plain bytes: a blob may go with the page that made it.
async function bytesOf(photos) {
  const kept = {};
  for (const [name, files] of Object.entries(photos)) {
    kept[name] = await Promise.all(files.map(async (file) => ({ name: file.name, type: file.type, bytes: await file.arrayBuffer() })));
  }
  return kept;
}

function restore(form, draft) {
  const at = {};
  for (const field of fieldsOf(form)) {
    if (field.type === "file") continue;
    if (field.closest("[data-people-list]")) field.checked = draft.people.some((one) => one.value === field.value);
    else if (isTick(field)) field.checked = draft.ticked.includes(`${field.name}=${field.value}`);
    else {
      const value = draft.values[field.name]?.[(at[field.name] = (at[field.name] ?? -1) + 1)];
      if (value !== undefined && (!field.options || [...field.options].some((option) => option.value === value))) field.value = value;
    }
  }
  const list = form.querySelector("[data-people-list]");
  for (const one of list ? draft.people : []) {
    if (!list.querySelector(`input[value="${CSS.escape(one.value)}"]`)) list.append(personRow(one));
  }
  if (draft.key && form.elements.key) form.elements.key.value = draft.key;
  restorePhotos(form, draft);
  for (const field of [list, ...form.querySelectorAll("[data-count]")]) field?.dispatchEvent(new Event("change", { bubbles: true }));
}

function restorePhotos(form, draft) {
  for (const [name, files] of Object.entries(draft.photos)) {
    const input = form.elements[name];
    if (!files.length || !input) continue;
    const transfer = new DataTransfer();
    for (const { name: title, type, bytes } of files) transfer.items.add(new File([bytes], title, { type }));
    input.files = transfer.files;
    input.dispatchEvent(new Event("restored"));
  }
}

// In the markup of ui.people_picker.
function personRow({ name, value, words }) {
  const tick = Object.assign(document.createElement("input"), { type: "checkbox", name, value, checked: true });
  const said = document.createElement("span");
  words.forEach((text, i) => said.append(Object.assign(document.createElement("span"), { className: i ? "cell__sub" : "cell__title", textContent: text })));
  const label = Object.assign(document.createElement("label"), { className: "choice" });
  label.append(tick, said);
  const row = document.createElement("li");
  row.append(label);
  return row;
}

async function enhance() {
  const answered = refused;
  refused = null;
  for (const form of document.querySelectorAll("form[data-draft]:not([data-kept])")) {
    const name = nameOf(form);
    if (!name) continue;
    form.dataset.kept = "";
    const draft = await ask("readonly", (store) => store.get(name));
    if (draft && answered === name) restorePhotos(form, draft);
    else if (draft) {
      restore(form, draft);
      form.querySelector(":scope > :not(input[type=hidden])").before(note(form, name));
    }
    keep(form, name, Boolean(draft));
  }
}

function note(form, name) {
  const box = Object.assign(document.createElement("div"), { className: "alert alert_info" });
  box.setAttribute("role", "status");
  const clear = Object.assign(document.createElement("button"), { type: "button", className: "weui-btn weui-btn_mini weui-btn_default", textContent: form.dataset.sayClear });
  clear.addEventListener("click", async () => {
    form.removeAttribute("data-draft"); // nothing is kept any more while the page goes
    await ask("readwrite", (store) => store.delete(name));
    location.reload();
  });
  const text = Object.assign(document.createElement("p"), { textContent: form.dataset.sayRestored });
  box.append(text, clear);
  return box;
}

function keep(form, name, isDraft) {
  let timer;
  const save = async () => {
    clearTimeout(timer);
    timer = null;
    if (!isDraft && isBlank(form)) return;
    isDraft = true;
    const draft = { at: Date.now(), key: form.elements.key?.value, ...collect(form) };
    draft.photos = await bytesOf(draft.photos);
    if (form.dataset.draft && form.isConnected) ask("readwrite", (store) => store.put(draft, name)); // not answered meanwhile
  };
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  };
  form.addEventListener("input", soon);
  form.addEventListener("change", soon);
  form.addEventListener("submit", save, true);
  document.addEventListener("visibilitychange", () => timer && save());
  // People and photos come and go without a field's event.
  new MutationObserver(soon).observe(form, { childList: true, subtree: true });
  soon(); // what was typed before we came
}

document.addEventListener("answer", ({ detail: { form, done, refused: refusal } }) => {
  const name = form.dataset.draft && nameOf(form);
  if (!name) return;
  form.removeAttribute("data-draft"); // what it held is over: the answer's page goes on
  if (done) ask("readwrite", (store) => store.delete(name));
  else if (refusal) {
    refused = name;
    ask("readwrite", (store) => {
      const kept = store.get(name);
      kept.addEventListener("success", () => kept.result && store.put({ ...kept.result, key: null }, name));
      return kept;
    });
  }
});
// Old drafts go, whatever form they belong to.
function sweep(store) {
  store.openCursor().onsuccess = ({ target: { result: draft } }) => {
    if (draft && Date.now() - draft.value.at > DAYS) draft.delete();
    draft?.continue();
  };
  return store.count();
}

document.addEventListener("page", enhance);
ask("readwrite", sweep);
enhance();
