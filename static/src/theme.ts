// Sets light or dark before the first paint; "auto" follows the system and its changes.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const wanted = root.dataset["theme"] ?? "auto";
  root.dataset["bsTheme"] = wanted === "auto" ? (dark.matches ? "dark" : "light") : wanted;
}

root.classList.add("has-scripts");
dark.addEventListener("change", apply);
apply();
