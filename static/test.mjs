// Bundles the client's tests beside each other into a temporary folder and gives them to node's own test runner.
import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const tests = join(here, "..", "tests", "client");
const out = await mkdtemp(join(tmpdir(), "zhangshi-client-"));
const wanted = process.argv[2] ?? "";

try {
  const files = (await readdir(tests)).filter((file) => file.endsWith(".test.ts") && file.includes(wanted));
  await build({
    entryPoints: files.map((file) => join(tests, file)),
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: "inline",
    loader: { ".svg": "text" },
    nodePaths: [join(here, "node_modules")],
    logLevel: "warning",
  });
  const bundles = (await readdir(out)).map((file) => join(out, file));
  const run = spawnSync(process.execPath, ["--enable-source-maps", "--test", "--test-reporter=spec", ...bundles], { stdio: "inherit" });
  process.exitCode = run.status ?? 1;
} finally {
  await rm(out, { recursive: true, force: true });
}
