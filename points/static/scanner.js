// Reads a card: by a scanner gun, the camera, or a photo of the code.
//
// Markup: [data-scanner] with data-reader, data-wasm and the sentences data-say-*; in it button[data-camera], video[data-video],
// [data-status]. Whatever was read is told by the event "code" on it, with the digits as its detail.
//
// A scanner gun types digits less than 60 ms apart and then Enter, wherever the focus is and whatever the input method:
// so keys are told by event.code, and what it typed into another field is taken out again.

const GUN_GAP_MS = 60;
const GUN_LEAST_DIGITS = 8;
const LOOK_EVERY_MS = 120;
let stream = null;
let burst = { digits: "", at: 0, field: null, before: "" };

document.addEventListener("keydown", (event) => {
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const quick = event.timeStamp - burst.at < GUN_GAP_MS;
  if (digit && !event.ctrlKey && !event.altKey && !event.metaKey) {
    if (!quick) burst = { digits: "", field: document.activeElement, before: document.activeElement?.value };
    burst.digits += digit;
    burst.at = event.timeStamp;
  } else if (/^(?:Numpad)?Enter$/.test(event.code) && quick && burst.digits.length >= GUN_LEAST_DIGITS) {
    const box = document.querySelector("[data-scanner]");
    if (!box) return;
    event.preventDefault();
    if (burst.field && "value" in burst.field) burst.field.value = burst.before;
    enter(box, burst.digits);
    burst = { digits: "", at: 0 };
  }
}, true);

function enter(box, code) {
  if (box.closest("form")?.hasAttribute("aria-busy")) return; // one card at a time
  signal();
  box.dispatchEvent(new CustomEvent("code", { detail: code }));
}

function signal() {
  navigator.vibrate?.(60);
  try {
    const audio = new AudioContext();
    const tone = audio.createOscillator();
    tone.frequency.value = 1200;
    tone.connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.08);
    tone.onended = () => audio.close();
  } catch { /* a till without sound still works */ }
}

function scanner(box) {
  box.dataset.listens = "";
  const button = box.querySelector("[data-camera]");
  const status = box.querySelector("[data-status]");
  const photo = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", capture: "environment" });
  const say = (text) => { status.textContent = text; };
  photo.addEventListener("change", async () => {
    if (!photo.files[0]) return;
    const code = await reader(box).then((read) => read(photo.files[0])).catch(() => null);
    photo.value = "";
    code ? enter(box, code) : say(box.dataset.sayNothing);
  });
  button.hidden = false;
  button.addEventListener("click", () => {
    if (stream) return stop();
    if (navigator.mediaDevices?.getUserMedia) return watch(box, say);
    say(box.dataset.sayInsecure); // plain http on a LAN address: a photo still works
    photo.click();
  });
}

// Import the reader when it is first wanted; answers with the digits of the one code it sees, or null.
let loading = null;
function reader(box) {
  loading ||= import(new URL(box.dataset.reader, location.href).href).then(async ({ prepareZXingModule, readBarcodes }) => {
    const wasm = new URL(box.dataset.wasm, location.href).href;
    await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
    return async (image) => {
      const [code] = await readBarcodes(image, { formats: ["QRCodeModel2"], tryHarder: true, maxNumberOfSymbols: 1 });
      return /^\d+$/.test(code?.text) ? code.text : null;
    };
  }).catch((error) => { loading = null; throw error; });
  return loading;
}

async function watch(box, say) {
  const video = box.querySelector("[data-video]");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch (error) {
    return say(error.name === "NotAllowedError" ? box.dataset.sayDenied : box.dataset.sayMissing);
  }
  const mine = stream;
  video.srcObject = mine;
  video.hidden = false;
  say(box.dataset.sayLooking);
  try {
    const [read] = await Promise.all([reader(box), video.play()]);
    const canvas = document.createElement("canvas");
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    while (stream === mine && box.isConnected) {
      if (video.videoWidth) {
        canvas.width = Math.min(video.videoWidth, 960);
        canvas.height = Math.round((video.videoHeight * canvas.width) / video.videoWidth);
        paper.drawImage(video, 0, 0, canvas.width, canvas.height);
        const code = await read(paper.getImageData(0, 0, canvas.width, canvas.height));
        if (code && stream === mine) {
          stop();
          say(box.dataset.sayFound);
          return enter(box, code);
        }
      }
      await new Promise((later) => setTimeout(later, LOOK_EVERY_MS));
    }
  } catch {
    if (stream === mine) { stop(); say(box.dataset.sayFailed); }
  }
}

function stop() {
  for (const track of stream?.getTracks() || []) track.stop();
  stream = null;
  for (const video of document.querySelectorAll("[data-video]")) video.hidden = true;
}

function enhance() {
  if (stream) stop();
  document.querySelectorAll("[data-scanner]:not([data-listens])").forEach(scanner);
}

document.addEventListener("page", enhance);
enhance();
