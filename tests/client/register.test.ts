import assert from "node:assert/strict";
import { test } from "node:test";

import { registerServiceWorker } from "../../static/src/register";

/** A browser's service worker container as far as updates are concerned. */
class Container extends EventTarget {
  controller: object | null = null;
  readonly told: unknown[] = [];
  readonly registration = Object.assign(new EventTarget(), {
    waiting: null as object | null,
    installing: new EventTarget(),
    update: () => Promise.resolve(),
  });

  register(): Promise<unknown> {
    return Promise.resolve(this.registration);
  }

  /** A new worker has been installed and waits. */
  install(): void {
    this.registration.dispatchEvent(new Event("updatefound"));
    this.registration.waiting = { postMessage: (message: unknown) => this.told.push(message) };
    this.registration.installing.dispatchEvent(new Event("statechange"));
  }
}

async function registered(container: Container): Promise<(() => void)[]> {
  const offers: (() => void)[] = [];
  registerServiceWorker((apply) => offers.push(apply), container as unknown as ServiceWorkerContainer);
  await new Promise((resolve) => setImmediate(resolve));
  return offers;
}

test("a new version is offered, and takes over only when somebody says so", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const container = new Container();
  container.controller = {};
  const offers = await registered(container);
  assert.equal(offers.length, 0);
  container.install();
  assert.deepEqual([offers.length, container.told], [1, []]);
  offers[0]?.();
  assert.deepEqual(container.told, ["skip"]);
});

test("one that waited already is offered when the page opens, the very first one never", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const later = new Container();
  later.controller = {};
  later.registration.waiting = { postMessage: () => undefined };
  assert.equal((await registered(later)).length, 1);
  const first = new Container();
  const offers = await registered(first);
  first.install();
  assert.equal(offers.length, 0);
});

test("a browser without service workers goes on without", () => {
  registerServiceWorker(() => assert.fail(), null);
});
