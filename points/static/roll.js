// A sign-in sheet: whole households with one tap, how many are ticked, and a search that opens the lanes it finds.
//
// Markup: [data-roll] with data-most and data-say-most; in it input[data-roll-find], <details> of a lane with [data-lane-count],
// [data-house] with input[data-all] and labels [data-words] of the people, and [data-roll-count][data-count], at which a restored
// draft fires "change". Without scripts: check boxes.

function roll(box) {
  box.dataset.ready = "";
  const find = box.querySelector("[data-roll-find]");
  const said = box.querySelector("[data-roll-count]");
  const start = said.textContent;
  const lanes = [...box.querySelectorAll("details")];
  const ticks = (place) => [...place.querySelectorAll("[data-words] input")];
  find.parentElement.hidden = false;
  for (const all of box.querySelectorAll("[data-all]")) all.disabled = false;

  const count = () => {
    let total = 0;
    for (const lane of lanes) {
      let here = 0;
      for (const house of lane.querySelectorAll("[data-house]")) {
        const people = ticks(house);
        const on = people.filter((tick) => tick.checked).length;
        const all = house.querySelector("[data-all]");
        all.checked = on === people.length;
        all.indeterminate = on > 0 && on < people.length;
        here += on;
      }
      const badge = lane.querySelector("[data-lane-count]");
      badge.hidden = !here;
      badge.textContent = here;
      total += here;
    }
    const most = +box.dataset.most;
    said.textContent = total > most ? box.dataset.sayMost.replace("{n}", most) : total ? box.dataset.sayCount.replace("{n}", total) : start;
    said.classList.toggle("field__error", total > most);
  };
  box.addEventListener("change", (event) => {
    if (event.target.matches("[data-all]")) {
      for (const tick of ticks(event.target.closest("[data-house]"))) tick.checked = event.target.checked;
    }
    count();
  });
  const narrow = () => {
    const wanted = find.value.trim().toLowerCase();
    const chinese = /[^\x00-\x7f]/.test(wanted);
    for (const lane of lanes) {
      let shown = false;
      for (const house of lane.querySelectorAll("[data-house]")) {
        const words = [...house.querySelectorAll("[data-words]")].map((label) => label.dataset.words);
        house.hidden = wanted !== "" && !words.some((text) => chinese ? text.includes(wanted) : text.split(" ").some((word) => word.startsWith(wanted)));
        shown ||= !house.hidden;
      }
      lane.hidden = !shown;
      if (wanted) lane.open = shown;
    }
  };
  find.addEventListener("input", narrow);
  find.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  count();
}

function enhance() {
  document.querySelectorAll("[data-roll]:not([data-ready])").forEach(roll);
}

document.addEventListener("page", enhance);
enhance();
