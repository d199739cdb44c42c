// Counts the seconds of a phone's code down and fetches the next one in time; the screen stays awake meanwhile.
//
// Markup: [data-code-left] with the seconds left and data-say-stale; in it [data-code-said][hidden], whose {n} becomes the
// seconds. Without scripts the page asks for itself anew.

async function renew(box) {
  const answer = await fetch(location.href, { redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-code-left]");
  if (!answer.ok || !fresh) throw new Error("no code came");
  if (!box.isConnected) return;
  box.replaceWith(fresh);
  enhance();
}

function count(box) {
  box.dataset.ready = "";
  const said = box.querySelector("[data-code-said]");
  const words = said.textContent;
  const ends = performance.now() + box.dataset.codeLeft * 1000;
  const tick = () => {
    if (!box.isConnected) return;
    const left = Math.ceil((ends - performance.now()) / 1000);
    if (left > 0) {
      said.textContent = words.replace("{n}", left);
      setTimeout(tick, 250);
    } else {
      renew(box).catch(() => {
        said.textContent = box.dataset.sayStale;
        box.classList.add("code_stale");
        setTimeout(tick, 3000);
      });
    }
  };
  said.hidden = false;
  tick();
}

function enhance() {
  for (const box of document.querySelectorAll("[data-code-left]:not([data-ready])")) {
    count(box);
    navigator.wakeLock?.request("screen").catch(() => {}); // a screen that goes dark is no harm
  }
}

document.addEventListener("page", enhance);
document.addEventListener("visibilitychange", () => {
  const box = document.querySelector("[data-code-left]");
  if (!document.hidden && box) renew(box).catch(() => {});
});
enhance();
