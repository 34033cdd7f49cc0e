/** The page without a network: leads back to the scan pages that this phone keeps; an installed app has no other way. */

/** How the service worker's names of the pages it keeps begin. */
const KEPT = "pages-";

async function showKept(list: HTMLElement): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(KEPT));
  const caught = await Promise.all(names.map((name) => caches.open(name)));
  for (const cache of caught) {
    for (const request of await cache.keys()) list.append(await linkTo(request, cache, list.dataset["label"] ?? ""));
  }
  list.hidden = list.childElementCount === 0;
}

async function linkTo(request: Request, cache: Cache, label: string): Promise<HTMLElement> {
  const html = (await (await cache.match(request))?.text()) ?? "";
  const which = new DOMParser().parseFromString(html, "text/html").getElementById("subtitle")?.textContent?.trim();
  const link = document.createElement("a");
  link.className = "btn btn-primary btn-lg";
  link.href = request.url;
  link.textContent = which ? `${label} · ${which}` : label;
  return link;
}

const list = document.getElementById("kept");
if (list && "caches" in window) void showKept(list);
