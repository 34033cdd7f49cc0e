// Ticks that outlive pages and searches of their list: kept for the tab, until they are taken back.
// A form with data-keeps-ticks owns the boxes; what is ticked and not on the page goes along in hidden fields.

const boxesOf = (form: HTMLFormElement): HTMLInputElement[] =>
  [...form.elements].filter(
    (each): each is HTMLInputElement => each instanceof HTMLInputElement && each.type === "checkbox",
  );

const placeOf = (): string => `ticks:${location.pathname}`;

function read(): Set<string> {
  try {
    return new Set(JSON.parse(sessionStorage.getItem(placeOf()) ?? "[]") as string[]);
  } catch {
    return new Set(); // a browser that keeps nothing: the page alone counts
  }
}

function write(ticked: Set<string>): void {
  try {
    sessionStorage.setItem(placeOf(), JSON.stringify([...ticked]));
  } catch {
    // as above
  }
}

function show(form: HTMLFormElement, ticked: Set<string>): void {
  const boxes = boxesOf(form);
  for (const box of boxes) box.checked = ticked.has(box.value);
  for (const old of form.querySelectorAll("input[data-tick]")) old.remove();
  const shown = new Set(boxes.map((box) => box.value));
  for (const value of ticked) {
    if (shown.has(value)) continue;
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: form.dataset["keepsTicks"], value });
    field.dataset["tick"] = "";
    form.append(field);
  }
  const told = form.querySelector<HTMLElement>("[data-ticked]");
  if (told === null) return;
  told.hidden = ticked.size === 0;
  const count = told.querySelector("output");
  if (count !== null) count.value = String(ticked.size);
}

function keep(form: HTMLFormElement): void {
  const ticked = read();
  for (const box of boxesOf(form)) {
    if (box.checked) ticked.add(box.value);
    else ticked.delete(box.value);
  }
  write(ticked);
  show(form, ticked);
}

function forget(form: HTMLFormElement): void {
  write(new Set());
  show(form, new Set());
}

// What the server ticked on a fresh page counts as ticked; after that the tab knows better.
export function keepTicks(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-keeps-ticks]");
  if (form === null) return;
  const ticked = read();
  for (const box of boxesOf(form)) if (box.checked) ticked.add(box.value);
  write(ticked);
  show(form, ticked);
  document.addEventListener("change", (event) => {
    if ((event.target as HTMLElement).closest(".listing") !== null) keep(form);
  });
  form.querySelector("[data-ticked] button")?.addEventListener("click", () => {
    forget(form);
  });
}
