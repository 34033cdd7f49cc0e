import assert from "node:assert/strict";
import { mock, test } from "node:test";

import { Api } from "../../static/src/scan/api";
import { answerTo, scanEvent } from "./make";

const EVENT = { ...scanEvent(), sequence: 1 };

function replying(status: number, body: unknown): Api {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return new Api("/api/v1", async () => new Response(text, { status }));
}

test("scans are posted as the server wants them", async () => {
  const asked: [string, RequestInit][] = [];
  const api = new Api("/api/v1", async (url, init) => {
    asked.push([String(url), init ?? {}]);
    return Response.json({ server_time: "2026-11-23T00:00:00Z", answers: [answerTo(EVENT)] });
  });
  assert.deepEqual(await api.postScans([EVENT]), { kind: "answers", answers: [answerTo(EVENT)] });
  const [url, init] = asked[0]!;
  assert.equal(url, "/api/v1/scans");
  assert.equal((init.headers as Record<string, string>)["X-Zhangshi"], "1");
  assert.equal((init.headers as Record<string, string>)["Content-Type"], "application/json");
  assert.equal(init.redirect, "error");
  assert.deepEqual(JSON.parse(String(init.body)), { schema: 1, events: [EVENT] });
});

test("what comes back decides what happens to the scans", async () => {
  assert.deepEqual(await replying(401, {}).postScans([EVENT]), { kind: "signed_out" });
  for (const status of [500, 502, 503, 429, 408, 425]) {
    assert.deepEqual(await replying(status, "").postScans([EVENT]), { kind: "later" }, String(status));
  }
  const problem = { status: 400, title: "That could not be understood", detail: "`raw` is missing" };
  assert.deepEqual(await replying(400, problem).postScans([EVENT]), { kind: "refused", reason: "`raw` is missing" });
  assert.deepEqual(await replying(413, "").postScans([EVENT]), { kind: "refused", reason: "HTTP 413" });
});

test("a page of somebody else's network is no answer", async () => {
  assert.deepEqual(await replying(200, "<html>Welcome to our Wi-Fi</html>").postScans([EVENT]), { kind: "later" });
  assert.deepEqual(await replying(200, { ok: true }).postScans([EVENT]), { kind: "later" });
});

test("no network, and a network that never ends, both mean later", async () => {
  const dead = new Api("/api/v1", () => Promise.reject(new TypeError("failed to fetch")));
  assert.deepEqual(await dead.postScans([EVENT]), { kind: "later" });
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    const hanging = new Api("/api/v1", (_url, init) => new Promise((_resolve, reject) => {
      init?.signal?.addEventListener("abort", () => reject(new DOMException("", "AbortError")));
    }));
    const reply = hanging.postScans([EVENT]);
    mock.timers.tick(60_000);
    assert.deepEqual(await reply, { kind: "later" });
  } finally {
    mock.timers.reset();
  }
});

test("the time and the bins are null where the server gives none", async () => {
  assert.equal(await replying(503, "").serverTime(), null);
  assert.equal(await replying(200, "nonsense").serverTime(), null);
  assert.equal(await replying(404, {}).stocktake("12"), null);
  assert.equal(await replying(200, { server_time: "2026-11-23T00:00:00Z" }).serverTime(), "2026-11-23T00:00:00Z");
});
