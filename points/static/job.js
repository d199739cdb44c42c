// Follows a piece of work: fetches its page again until it is done, then shows what came, or goes where it leads.

const PERIOD_MS = 700;

async function look() {
  const box = document.querySelector("[data-job]");
  if (!box || ["done", "failed"].includes(box.dataset.job)) return;
  try {
    const response = await fetch(location.href, { credentials: "same-origin" });
    if (response.ok) {
      const page = new DOMParser().parseFromString(await response.text(), "text/html");
      const next = page.querySelector("[data-job]");
      if (!next) return location.assign(response.url);
      box.replaceWith(document.adoptNode(next));
    }
  } catch {
    // no network for a moment: the next look finds it
  }
  setTimeout(look, PERIOD_MS);
}

setTimeout(look, PERIOD_MS);
