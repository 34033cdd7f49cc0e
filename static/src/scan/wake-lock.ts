/** Keeps the screen on while the camera runs; the lock is lost whenever the page is hidden. */

export function keepScreenOn(isNeeded: () => boolean): () => Promise<void> {
  const take = async (): Promise<void> => {
    if (!isNeeded() || document.visibilityState !== "visible") return;
    await navigator.wakeLock?.request("screen").catch(() => undefined); // refused when the battery is low
  };
  document.addEventListener("visibilitychange", () => void take());
  return take;
}
