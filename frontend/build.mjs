// Fills points/static/vendor with the third-party parts that pages load: WeUI cut down to what templates use, and the
// QR reader for the till. The folder is ignored by git and rebuilt from package-lock.json:
//
//     npm ci && node frontend/build.mjs
//
// Run it again after a template uses a new WeUI class.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { PurgeCSS } from "purgecss";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const site = join(root, "points/static");
const vendor = join(site, "vendor");
const packages = join(root, "node_modules");

// Classes that pages may use though no macro does (their form or state is chosen in Python).
const kept = [/^weui-btn_(primary|default|warn|mini)$/, /^weui-cells?(__title|__hd|__bd|__ft|_access)?$/, /^weui-badge$/];
const variablesOf = (css) => [...new Set(css.match(/--weui-[\w-]+/g))];

async function weui() {
  const source = join(packages, "weui/dist/style/weui.min.css");
  const [{ css }] = await new PurgeCSS().purge({
    css: [source],
    content: [join(root, "points/templates/**/*.html"), join(site, "*.js")],
    variables: true,
    keyframes: true,
    safelist: { standard: kept, variables: variablesOf(readFileSync(join(site, "site.css"), "utf8")) },
    blocklist: [/data-weui-theme='dark'/],
  });
  // The site is light only: drop the dark media queries, and the rules that purging left empty.
  const light = css
    .replace(/@media \(prefers-color-scheme:\s*dark\)\{(?:[^{}]*\{[^{}]*\})*\}/g, "")
    .replace(/(?<=[}/])[^{}/@]+\{\}/g, "");
  writeFileSync(join(vendor, "weui.css"), light);
  return light.length;
}

function reader() {
  // The module imports ../share.js, so both keep their places; only the reader's wasm is taken (no writer, no full build).
  const zxing = join(packages, "zxing-wasm");
  cpSync(join(zxing, "dist/es/reader/index.js"), join(vendor, "zxing/reader/index.js"));
  cpSync(join(zxing, "dist/es/share.js"), join(vendor, "zxing/share.js"));
  cpSync(join(zxing, "dist/reader/zxing_reader.wasm"), join(vendor, "zxing/zxing_reader.wasm"));
  cpSync(join(zxing, "LICENSE"), join(vendor, "zxing/LICENSE"));
}

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });
const size = await weui();
cpSync(join(packages, "weui/LICENSE.txt"), join(vendor, "weui.LICENSE"));
reader();
console.log(`front end: weui.css ${(size / 1024).toFixed(1)} KB, zxing reader`);
