// Narrows a list while one types: an input[data-find] shows, of all [data-words] on its page, those where a word begins with
// what was typed (pinyin initials) or, in Chinese, holds it. A line that already has a count stays. Without scripts the whole
// list is there.

function enhance() {
  for (const input of document.querySelectorAll("[data-find]:not([data-ready])")) {
    input.dataset.ready = "";
    input.closest("[hidden]").hidden = false;
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      for (const line of document.querySelectorAll("[data-words]")) {
        const found = line.dataset.words.split(" ").some((word) => word.startsWith(wanted)) || (/[^\x00-\x7f]/.test(wanted) && line.dataset.words.includes(wanted));
        line.hidden = !found && ![...line.querySelectorAll("[data-count]")].some((count) => count.value > 0);
      }
    });
    // Enter in the search would send the form; it goes to the first count instead.
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      document.querySelector("[data-words]:not([hidden]) [data-count]")?.select();
    });
  }
}

document.addEventListener("page", enhance);
enhance();
