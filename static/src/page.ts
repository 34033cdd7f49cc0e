// What ordinary pages need beyond HTML: htmx for lists, questions before drastic commands, no double sending.
import "htmx.org";

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

document.addEventListener("submit", askFirst);
document.addEventListener("submit", sendOnce);
document.addEventListener("change", onChange);
addEventListener("pageshow", forgetSent);
document.querySelector<HTMLElement>("[data-focus]")?.focus();
