/** Registers the service worker where the browser allows one; nothing may ever wait for it. */
export function registerServiceWorker(): void {
  navigator.serviceWorker?.register("/sw.js").catch((error: unknown) => console.info("no service worker", error));
}
