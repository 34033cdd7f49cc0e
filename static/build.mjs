// Builds static/dist: bundles with hashed names, manifest.json (logical name → file), the decoder's wasm, icons,
// compressed twins, and the licences of what is inside.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import zlib from "node:zlib";

import { initWasm, Resvg } from "@resvg/resvg-wasm";
import { build } from "esbuild";

process.chdir(fileURLToPath(new URL(".", import.meta.url)));

const OUT = "dist";
const SERVED_AT = "/static/";
const SHELL = "/offline"; // a page without session or user data
const WASM = "node_modules/zxing-wasm/dist/reader/zxing_reader.wasm";
const COMPRESSIBLE = new Set([".js", ".css", ".wasm", ".svg"]);

const COMMON = {
  bundle: true,
  minify: true,
  metafile: true,
  target: ["es2020", "safari15.4"],
  charset: "utf8",
  legalComments: "none", // all of them are in THIRD_PARTY_LICENSES
  logLevel: "warning",
  loader: { ".svg": "text" },
  outdir: OUT,
  entryNames: "[name]-[hash]",
};

const MODULES = [
  { in: "src/page.ts", out: "page" },
  { in: "src/page.css", out: "page" },
  { in: "src/offline.ts", out: "offline" },
  { in: "src/scan/main.ts", out: "scan" },
  { in: "src/scan/scan.css", out: "scan" },
  { in: "src/scan/decode-worker.ts", out: "decode-worker" },
];

/** Logical names of what a phone needs to start without a network. */
const OFFLINE = ["theme.js", "offline.js", "page.js", "page.css", "scan.js", "scan.css", "decode-worker.js", "zxing_reader.wasm", "icon-192.png"];

const ICONS = [
  ["icon-180.png", "icon-full.svg", 180],
  ["icon-192.png", "icon.svg", 192],
  ["icon-512.png", "icon.svg", 512],
  ["icon-maskable-192.png", "icon-full.svg", 192],
  ["icon-maskable-512.png", "icon-full.svg", 512],
];

async function main() {
  await rm(OUT, { recursive: true, force: true });
  await mkdir(join(OUT, "icons"), { recursive: true });
  const bundles = [
    await build({ ...COMMON, entryPoints: MODULES, format: "esm" }),
    // A classic script: it has to run before the first paint.
    await build({ ...COMMON, entryPoints: [{ in: "src/theme.ts", out: "theme" }], format: "iife" }),
  ];
  const manifest = Object.assign({}, ...bundles.map(named), await copyWasm(), await drawIcons());
  bundles.push(await buildServiceWorker(manifest));
  await writeFile(join(OUT, "manifest.json"), JSON.stringify({ ...manifest, "sw.js": "sw.js" }, null, 1));
  await copyPageIcons();
  await writeLicenses(bundles);
  await compress();
}

function named({ metafile }) {
  const files = Object.entries(metafile.outputs).filter(([, output]) => output.entryPoint);
  return Object.fromEntries(
    files.map(([path]) => [basename(path).replace(/-[A-Z0-9]{8}(?=\.\w+$)/, ""), basename(path)]),
  );
}

/** The worker's own name stays: its address is its identity. A changed list makes a changed worker. */
async function buildServiceWorker(manifest) {
  const assets = OFFLINE.map((name) => SERVED_AT + manifest[name]);
  const version = hashOf(assets.join("\n"));
  return build({
    ...COMMON,
    entryPoints: ["src/sw.ts"],
    entryNames: "[name]",
    format: "iife",
    define: { ASSETS: JSON.stringify(assets), SHELL: JSON.stringify(SHELL), VERSION: JSON.stringify(version) },
  });
}

async function copyWasm() {
  return write("zxing_reader.wasm", await readFile(WASM));
}

async function drawIcons() {
  await initWasm(await readFile("node_modules/@resvg/resvg-wasm/index_bg.wasm"));
  const drawn = ICONS.map(async ([name, source, width]) => {
    const picture = new Resvg(await readFile(join("src/icons", source), "utf8"), { fitTo: { mode: "width", value: width } });
    return write(name, picture.render().asPng());
  });
  return Object.assign({}, ...(await Promise.all(drawn)));
}

/** Icons that templates put inline: exactly those that icons.txt names, marked as decoration. */
async function copyPageIcons() {
  const names = (await readFile("icons.txt", "utf8")).split(/\s+/).filter(Boolean);
  for (const name of names) {
    const svg = await readFile(`node_modules/bootstrap-icons/icons/${name}.svg`, "utf8");
    await writeFile(join(OUT, "icons", `${name}.svg`), svg.replace("<svg ", '<svg aria-hidden="true" ').trim());
  }
}

async function write(name, content) {
  const file = `${basename(name, extname(name))}-${hashOf(content)}${extname(name)}`;
  await writeFile(join(OUT, file), content);
  return { [name]: file };
}

function hashOf(content) {
  return createHash("sha256").update(content).digest("hex").slice(0, 8).toUpperCase();
}

async function writeLicenses(bundles) {
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const found = inputs.map((path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean);
  const packages = [...new Set([...found, "bootstrap-icons"])].sort();
  const texts = await Promise.all([...packages.map(licenseOf), decoderLicense()]);
  await writeFile(join(OUT, "THIRD_PARTY_LICENSES"), texts.join(`\n${"-".repeat(80)}\n`));
}

async function licenseOf(name) {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? await readFile(join(folder, file), "utf8") : "";
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/** The wasm is zxing-cpp, compiled; the licence's text is the one that another package brings along unchanged. */
async function decoderLicense() {
  const text = await readFile("node_modules/typescript/LICENSE", "utf8");
  return `zxing-cpp, compiled into zxing_reader.wasm (Apache-2.0)\n\n${text.trim()}\n`;
}

async function compress() {
  const files = (await readdir(OUT)).filter((file) => COMPRESSIBLE.has(extname(file)));
  await Promise.all(files.map(compressOne));
}

async function compressOne(file) {
  const content = await readFile(join(OUT, file));
  const quality = { [zlib.constants.BROTLI_PARAM_QUALITY]: 11, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  const [br, gz] = await Promise.all([
    promisify(zlib.brotliCompress)(content, { params: quality }),
    promisify(zlib.gzip)(content, { level: 9 }),
  ]);
  await Promise.all([writeFile(join(OUT, `${file}.br`), br), writeFile(join(OUT, `${file}.gz`), gz)]);
}

await main();
