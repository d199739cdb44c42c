// Makes photos small in the phone before they are sent, and shows them.
//
// Markup (ui.photos): [data-photos] with data-most and the sentences data-say-*; in it input[type=file][multiple]. Photos chosen
// later join the earlier ones; each can be taken out again. What the browser cannot read is sent as it is: the server says
// what is wrong with it. drafts.js puts photos back and fires "restored" at the input. Without scripts a plain file field.

const LONGEST_SIDE = 1280;

function enhance() {
  for (const box of document.querySelectorAll("[data-photos]:not([data-ready])")) photos(box);
}

function photos(box) {
  box.dataset.ready = "";
  const say = box.dataset;
  const input = box.querySelector("input[type=file]");
  const list = Object.assign(document.createElement("ul"), { className: "photos" });
  const note = Object.assign(document.createElement("p"), { className: "field__error", role: "status" });
  input.after(list, note);
  let kept = [];

  const show = () => {
    for (const image of list.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    list.replaceChildren(...kept.map(row));
    list.hidden = !kept.length;
  };
  const row = (file, i) => {
    const image = Object.assign(new Image(), { src: URL.createObjectURL(file), alt: say.sayPhoto.replace("{n}", i + 1) });
    const button = Object.assign(document.createElement("button"), { type: "button", className: "step", textContent: "✕" });
    button.setAttribute("aria-label", say.sayRemove.replace("{n}", i + 1));
    button.addEventListener("click", () => { put(kept.filter((other) => other !== file)); input.focus(); });
    const item = document.createElement("li");
    item.append(image, button);
    return item;
  };
  const put = (files) => {
    note.textContent = files.length > say.most ? say.sayMost.replace("{n}", say.most) : "";
    kept = files.slice(0, say.most);
    const transfer = new DataTransfer();
    for (const file of kept) transfer.items.add(file);
    input.files = transfer.files;
    show();
  };

  input.addEventListener("change", async () => {
    const before = kept;
    put([...before, ...input.files]);
    put(await Promise.all(kept.map((file) => (before.includes(file) ? file : small(file)))));
  });
  input.addEventListener("restored", () => put([...input.files]));
  show();
}

async function small(file) {
  try {
    const image = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * scale, image.height * scale].map(Math.round);
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: blob.type }) : file;
  } catch {
    return file;
  }
}

document.addEventListener("page", enhance);
enhance();
