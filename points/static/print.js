// Markup: <button data-print hidden>. Shown when scripts run; opens the browser's print dialog.
// [data-print-now="which"] prints itself, once: a page that is reloaded or gone back to does not print again, and the
// button stays hidden, for every further print is asked of the server.

function enhance() {
  const which = document.querySelector("[data-print-now]")?.dataset.printNow;
  if (!which) for (const button of document.querySelectorAll("[data-print][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  if (!which) return;
  try {
    if (sessionStorage.getItem("points-printed") === which) return;
    sessionStorage.setItem("points-printed", which);
  } catch { /* then it is printed again */ }
  window.print();
}

document.addEventListener("page", enhance);
enhance();
