// The second reader of codes: jsQR over gray squares of SIZE pixels, one after another on standard input; prints their texts.

import { readFileSync } from "node:fs";
import jsQR from "jsqr";

const size = +process.argv[2];
const gray = readFileSync(0);
const texts = [];
for (let start = 0; start < gray.length; start += size * size) {
  const pixels = new Uint8ClampedArray(size * size * 4).fill(255);
  for (let i = 0; i < size * size; i++) pixels.fill(gray[start + i], i * 4, i * 4 + 3);
  texts.push(jsQR(pixels, size, size, { inversionAttempts: "dontInvert" })?.data ?? "");
}
console.log(JSON.stringify(texts));
