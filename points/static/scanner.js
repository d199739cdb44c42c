// Reads a code: by a scanner gun, the camera, or a photo of it.
//
// Markup: [data-scanner] with data-reader, data-wasm and the sentences data-say-*; in it [data-status] and, for more
// than the gun, button[data-camera], perhaps button[data-photo], video[data-video]. With data-products the camera reads the makers' barcodes of goods too;
// with data-keep-on it is switched on by itself where it was on last. Whatever was read is told by the event "code" on the box,
// with the digits as its detail and how: gun, camera or photo. Who prevents the event's default lets the camera look on.
//
// A scanner gun types digits less than 60 ms apart and then Enter, wherever the focus is and whatever the input method:
// so keys are told by event.code, and what it typed into another field is taken out again. Each scan is told by itself.

const GUN_GAP_MS = 60;
const GUN_LEAST_DIGITS = 8;
const LOOK_EVERY_MS = 120;
const GONE_MS = 1000; // so long out of sight, and the same code counts again
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
    event.stopPropagation(); // this Enter is the gun's alone
    const { digits, field, before } = burst;
    burst = { digits: "", at: 0 };
    if (field && "value" in field && field.value !== before) {
      field.value = before;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    enter(box, digits, "gun");
  }
}, true);

// Tell what was read; answers whether to look on.
function enter(box, code, how) {
  if (box.closest("form")?.hasAttribute("aria-busy")) return true; // one card at a time
  signal(true);
  return !box.dispatchEvent(Object.assign(new CustomEvent("code", { detail: code, cancelable: true }), { how }));
}

// --- sound and vibration, which a till may switch off ----------------------------------------------------------------

const QUIET = "points-quiet";
let audio = null;

export function isQuiet() {
  try { return localStorage.getItem(QUIET) === "1"; } catch { return false; }
}

export function beQuiet(quiet) {
  try { localStorage.setItem(QUIET, quiet ? "1" : ""); } catch { /* then it is for this page only */ }
}

// A good scan is one high note, a bad one two low ones.
export function signal(good) {
  if (isQuiet()) return;
  navigator.vibrate?.(good ? 60 : [150, 80, 150]);
  try {
    audio ||= new AudioContext();
    audio.resume();
    for (const [from, to] of good ? [[0, 0.08]] : [[0, 0.15], [0.25, 0.4]]) {
      const tone = audio.createOscillator();
      tone.type = good ? "sine" : "square";
      tone.frequency.value = good ? 1200 : 220;
      tone.connect(audio.destination);
      tone.start(audio.currentTime + from);
      tone.stop(audio.currentTime + to);
    }
  } catch { /* a till without sound still works */ }
}

// --- camera and photo ------------------------------------------------------------------------------------------------

function scanner(box) {
  box.dataset.listens = "";
  const button = box.querySelector("[data-camera]");
  const album = box.querySelector("[data-photo]");
  const status = box.querySelector("[data-status]");
  const photo = Object.assign(document.createElement("input"), { type: "file", accept: "image/*" });
  const say = (text) => { status.textContent = text; };
  const take = () => {
    if (!album) photo.capture = "environment";
    photo.click();
  };
  photo.addEventListener("change", async () => {
    if (!photo.files[0]) return;
    say(box.dataset.sayReading);
    const code = await readPhoto(box, photo.files[0]).catch(() => null);
    photo.value = "";
    say(code ? box.dataset.sayFound : box.dataset.sayNothing);
    code ? enter(box, code, "photo") : signal(false);
  });
  if (album) {
    album.hidden = false;
    album.addEventListener("click", take);
  }
  if (!button) return; // the gun alone
  button.hidden = false;
  button.addEventListener("click", () => {
    if (stream) return keepOn(false), stop();
    if (navigator.mediaDevices?.getUserMedia) return watch(box, say);
    say(box.dataset.sayInsecure); // plain http on a LAN address: a photo still works
    take();
  });
  if ("keepOn" in box.dataset && keptOn() && navigator.mediaDevices?.getUserMedia) watch(box, say);
}

const KEPT_ON = "points-camera";
function keptOn() {
  try { return sessionStorage.getItem(KEPT_ON) === "1"; } catch { return false; }
}
function keepOn(on) {
  try { sessionStorage.setItem(KEPT_ON, on ? "1" : ""); } catch { /* then it is switched on each time */ }
}

// Import the reader when it is first wanted; answers with the digits of the one code it sees, or null.
let loading = null;
function reader(box) {
  loading ||= import(new URL(box.dataset.reader, location.href).href).then(async ({ prepareZXingModule, readBarcodes }) => {
    const wasm = new URL(box.dataset.wasm, location.href).href;
    await prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
    return async (image, products, options) => {
      const formats = products ? ["QRCodeModel2", "EAN13", "EAN8", "UPCA", "UPCE"] : ["QRCodeModel2"];
      const [code] = await readBarcodes(image, { formats, tryHarder: true, maxNumberOfSymbols: 1, ...options });
      const text = code?.format === "UPCE" ? widened(code.text) : code?.text;
      return /^\d+$/.test(text) ? text : null;
    };
  }).catch((error) => { loading = null; throw error; });
  return loading;
}

// A short UPC-E as the UPC-A that it stands for.
function widened(short) {
  const [system, a, b, c, d, e, last, check] = short;
  const middle = last < 3 ? [a, b, last, 0, 0, 0, 0, c, d, e] : last == 3 ? [a, b, c, 0, 0, 0, 0, 0, d, e]
    : last == 4 ? [a, b, c, d, 0, 0, 0, 0, 0, e] : [a, b, c, d, e, 0, 0, 0, 0, last];
  return [system, ...middle, check].join("");
}

// A photo may be large, blurred, folded: looked at in several sizes, as it is and with its specks taken out.
async function readPhoto(box, file) {
  const [read, picture] = await Promise.all([reader(box), createImageBitmap(file)]);
  const canvas = document.createElement("canvas");
  const paper = canvas.getContext("2d", { willReadFrequently: true });
  const largest = Math.max(picture.width, picture.height);
  for (const size of [1280, 2560, 800, 480]) {
    if (size > largest && size !== 1280) continue;
    const scale = Math.min(1, size / largest);
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const image = paper.getImageData(0, 0, canvas.width, canvas.height);
    for (const options of [{}, { tryDenoise: true }, { binarizer: "GlobalHistogram" }]) {
      const code = await read(image, "products" in box.dataset, options);
      if (code) return code;
    }
  }
  return null;
}

async function watch(box, say) {
  const video = box.querySelector("[data-video]");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  } catch (error) {
    keepOn(false);
    return say(error.name === "NotAllowedError" ? box.dataset.sayDenied : box.dataset.sayMissing);
  }
  const mine = stream;
  if (!box.isConnected) return stop();
  if ("keepOn" in box.dataset) keepOn(true);
  video.srcObject = mine;
  video.hidden = false;
  say(box.dataset.sayLoading); // a megabyte, the first time
  try {
    const [read] = await Promise.all([reader(box), video.play()]);
    if (stream === mine) say(box.dataset.sayLooking);
    const canvas = document.createElement("canvas");
    const paper = canvas.getContext("2d", { willReadFrequently: true });
    let seen = { code: null, at: 0 };
    while (stream === mine && box.isConnected) {
      if (video.videoWidth) {
        canvas.width = Math.min(video.videoWidth, 960);
        canvas.height = Math.round((video.videoHeight * canvas.width) / video.videoWidth);
        paper.drawImage(video, 0, 0, canvas.width, canvas.height);
        const code = await read(paper.getImageData(0, 0, canvas.width, canvas.height), "products" in box.dataset);
        if (stream !== mine) return;
        const again = code && code === seen.code && performance.now() - seen.at < GONE_MS;
        if (code) seen = { code, at: performance.now() };
        if (code && !again) {
          say(box.dataset.sayFound);
          if (!enter(box, code, "camera")) return stop();
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
