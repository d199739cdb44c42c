// The counter: the code field and the basket's sums.
//
// Markup (ui.scanner): [data-scanner] as in scanner.js, which reads the card, with input[data-code] in it; inside the form that
// looks the card up.
// Markup (ui.basket_*): form.basket with [data-line][data-price] holding button[data-step] and input[data-count], and
// [data-total][data-balance] holding [data-spent], [data-left], [data-short]. Without scripts: typed numbers, sums by the server.

import "./scanner.js";

function till(box) {
  box.dataset.ready = "";
  const field = box.querySelector("[data-code]");
  box.addEventListener("code", (event) => {
    field.value = event.detail;
    field.form.requestSubmit();
  });
}

function basket(form) {
  form.dataset.ready = "";
  const total = form.querySelector("[data-total]");
  const add = () => {
    let spent = 0;
    for (const line of form.querySelectorAll("[data-line]")) {
      const count = line.querySelector("[data-count]");
      spent += line.dataset.price * count.value;
      line.querySelector("[data-step='-1']").disabled = count.value <= 0;
      line.querySelector("[data-step='1']").disabled = +count.value >= +count.max;
    }
    const left = total.dataset.balance - spent;
    total.querySelector("[data-spent]").value = spent.toLocaleString("en");
    total.querySelector("[data-left]").value = left.toLocaleString("en").replace("-", "−");
    total.querySelector("[data-short]").hidden = left >= 0;
    total.classList.toggle("total_short", left < 0);
  };
  for (const hidden of form.querySelectorAll("[data-step], [data-total] > p:not([data-short])")) hidden.hidden = false;
  form.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (!step) return;
    const count = step.closest("[data-line]").querySelector("[data-count]");
    count.value = Math.min(count.max, Math.max(0, +count.value + +step.dataset.step));
    add();
  });
  form.addEventListener("input", add);
  add();
}

function enhance() {
  document.querySelectorAll("[data-scanner]:has([data-code]):not([data-ready])").forEach(till);
  document.querySelectorAll("form.basket:not([data-ready])").forEach(basket);
}

document.addEventListener("page", enhance);
enhance();
