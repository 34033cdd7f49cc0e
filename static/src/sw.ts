/**
 * The service worker: lets the scan page start without a network. It never touches /api and sends nothing itself.
 *
 * Law: the precache holds files without user data. A page with user data is kept only where the server says so
 * (header X-Zhangshi-Offline: keep), and only until anybody signs in or out, here or elsewhere.
 */

declare const ASSETS: string[];
declare const SHELL: string;
declare const VERSION: string;

const worker = self as unknown as ServiceWorkerGlobalScope;
const FILES = `files-${VERSION}`;
const PAGES = `pages-${VERSION}`;
const SIGN_IN = "/sign-in";
const PATIENCE_MS = 3_000;

worker.addEventListener("install", (event) => event.waitUntil(precache()));
worker.addEventListener("activate", (event) => event.waitUntil(takeOver()));
worker.addEventListener("message", (event) => {
  if (event.data === "skip") void worker.skipWaiting();
});
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== worker.location.origin || url.pathname.startsWith("/api/")) return;
  if (request.mode === "navigate" && request.method !== "GET") {
    // A form sent by the browser may end the session or begin another person's: kept pages are nobody's now.
    event.waitUntil(caches.delete(PAGES));
  } else if (request.mode === "navigate") {
    event.respondWith(navigate(request));
  } else if (request.method === "GET" && url.pathname.startsWith("/static/")) {
    event.respondWith(asset(request));
  }
});

async function precache(): Promise<void> {
  const cache = await caches.open(FILES);
  // "reload": the browser's own cache may hold what an older version of the server sent.
  await cache.addAll([...ASSETS, SHELL].map((url) => new Request(url, { cache: "reload" })));
}

async function takeOver(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== FILES && name !== PAGES).map((name) => caches.delete(name)));
  await worker.clients.claim();
  await keepOpenPages();
}

/** The page that brings the worker along was loaded before it: kept too, so that the first day without network works. */
async function keepOpenPages(): Promise<void> {
  const windows = await worker.clients.matchAll({ type: "window" });
  const keep = async (url: string): Promise<void> => remember(new Request(url), await fetch(url));
  await Promise.all(windows.map(({ url }) => keep(url).catch(() => undefined)));
}

/** Names carry the hash of the content: what is cached is right for ever. */
async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

async function navigate(request: Request): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS);
  try {
    const response = await fetch(request, { signal: abort.signal });
    await remember(request, response);
    return response;
  } catch {
    return (await caches.match(request, { cacheName: PAGES })) ?? (await caches.match(SHELL)) ?? Response.error();
  } finally {
    clearTimeout(timer);
  }
}

async function remember(request: Request, response: Response): Promise<void> {
  if (response.ok && new URL(request.url).pathname === SIGN_IN) await caches.delete(PAGES);
  if (!response.ok || response.headers.get("X-Zhangshi-Offline") !== "keep") return;
  const cache = await caches.open(PAGES);
  await cache.put(request, response.clone());
}
