// Markup: <button data-print hidden>. Shown when scripts run; opens the browser's print dialog.

function enhance() {
  for (const button of document.querySelectorAll("[data-print][hidden]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}

document.addEventListener("page", enhance);
enhance();
