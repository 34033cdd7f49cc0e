// What ordinary pages need beyond HTML: htmx for lists, questions before drastic commands, no double sending.
import "htmx.org";

import { keepTicks } from "./ticks";

function askFirst(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  const question = form.dataset["confirm"];
  if (question !== undefined && !confirm(question)) event.preventDefault();
}

// A second tap on a slow line must not send a command twice; the server is idempotent all the same.
function sendOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset["sent"] !== undefined) event.preventDefault();
  else form.dataset["sent"] = "";
}

function forgetSent(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
}

// CSP forbids inline handlers: behaviour is named by data attributes.
function onChange(event: Event): void {
  const control = event.target as HTMLElement;
  if (control.matches("[data-submit-on-change]")) control.closest("form")?.requestSubmit();
  if (control instanceof HTMLInputElement && control.dataset["toggles"] !== undefined) toggleAll(control);
}

function toggleAll(master: HTMLInputElement): void {
  for (const box of document.querySelectorAll<HTMLInputElement>(master.dataset["toggles"] ?? "")) {
    if (!box.disabled) box.checked = master.checked;
  }
}

// Forms that are typed line by line from paper: Enter moves on, and only the button at their end sends them.
function moveOn(event: KeyboardEvent): void {
  const field = event.target as HTMLElement;
  if (event.key !== "Enter" || event.isComposing || field instanceof HTMLButtonElement) return;
  const form = field.closest<HTMLFormElement>("form[data-keypad]");
  if (form === null) return;
  event.preventDefault();
  const fields = [...form.querySelectorAll<HTMLElement>("input:not([type=hidden]), select, button")];
  const rest = fields.slice(fields.indexOf(field) + 1);
  // Left empty, the first field of a line says that there are no more of them.
  const isEnd = field instanceof HTMLInputElement && field.dataset["ends"] !== undefined && field.value === "";
  (isEnd ? rest.find((each) => each.closest("[data-lines]") === null) : rest[0])?.focus();
}

// What asks for itself again and again rests while nobody looks.
function restWhenHidden(event: Event): void {
  const polls = (event.target as HTMLElement | null)?.closest?.("[data-polls]");
  if (document.hidden && polls) event.preventDefault();
}

// Of a row of choices that runs over a phone's edge, the chosen one is in sight.
function showChosen(): void {
  const chosen = document.querySelector<HTMLElement>(".report-shows [aria-current], .tabs [aria-current]");
  const row = chosen?.parentElement;
  if (chosen && row) row.scrollLeft = chosen.offsetLeft - row.offsetLeft - (row.clientWidth - chosen.offsetWidth) / 2;
}

document.addEventListener("htmx:before:request", restWhenHidden);
document.addEventListener("submit", askFirst);
document.addEventListener("submit", sendOnce);
document.addEventListener("change", onChange);
document.addEventListener("keydown", moveOn);
addEventListener("pageshow", forgetSent);
showChosen();
keepTicks();
document.querySelector<HTMLElement>("[data-focus]")?.focus();
