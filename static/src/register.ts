/** Registers the service worker where the browser allows one; nothing may ever wait for it. */

const LOOK_EVERY_MS = 3_600_000;

/** *offer* is told when a new version waits, and how to take it: the page is loaded anew by it. */
export function registerServiceWorker(
  offer: (apply: () => void) => void,
  container: ServiceWorkerContainer | null = navigator.serviceWorker,
): void {
  container
    ?.register("/sw.js")
    .then((registration) => watch(registration, container, offer))
    .catch((error: unknown) => console.info("no service worker", error));
}

function watch(
  registration: ServiceWorkerRegistration,
  container: ServiceWorkerContainer,
  offer: (apply: () => void) => void,
): void {
  const look = (): void => {
    const { waiting } = registration;
    if (!waiting || !container.controller) return; // the first one of all waits for nobody
    offer(() => {
      container.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage("skip");
    });
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", look));
  // The page stays open for days: browsers look for a new version when a page is opened.
  setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
  look();
}
