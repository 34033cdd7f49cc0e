/** The sheets that come up from below: a question, a choice, and what has not reached the server. */

import type { ScanEvent } from "./contract";
import { element, part, type Translate } from "./dom";
import { linesOf } from "./lines";
import type { QueueState } from "./queue";
import type { Question, State } from "./state";
import type { Parked, Row, Store } from "./store";
import type { View } from "./view";

export class QuestionSheet {
  private readonly sheet = part<HTMLDialogElement>("question");

  constructor(
    private readonly t: Translate,
    private readonly view: View,
    answer: (yes: boolean) => void,
  ) {
    part("question-ok").addEventListener("click", () => answer(true));
    part("question-cancel").addEventListener("click", () => answer(false));
    this.sheet.addEventListener("cancel", (event) => {
      event.preventDefault(); // the state closes the sheet, not the key
      answer(false);
    });
  }

  draw(state: State): void {
    if (!state.question) return this.sheet.open ? this.sheet.close() : undefined;
    if (this.sheet.open) return;
    if (state.question.kind === "close") this.askClose(state, state.question.then?.bin.code ?? null);
    else this.askOpen(state.question);
    this.sheet.showModal();
    part("question-ok").focus({ preventScroll: true });
  }

  private askClose(state: State, next: string | null): void {
    const lines = linesOf(state.entries);
    const bin = state.open?.code ?? "";
    const title = next ? this.t("close_before_next", { bin, next }) : this.t("close_bin", { bin });
    this.fill(title, lines.length > 0 ? "close_lines" : "close_empty", "close_button", "go_on");
    part("question-lines").replaceChildren(...this.view.plainLines(lines));
  }

  private askOpen({ visit, why }: Extract<Question, { kind: "open_anyway" }>): void {
    const { code: bin, counter } = visit.bin;
    const values = { bin, counter: counter ?? "?" };
    this.fill(this.t(`bin_is_${why}`, values), `open_anyway_${why}`, "open_anyway", "cancel", values);
    part("question-lines").replaceChildren();
  }

  private fill(title: string, text: string, yes: string, no: string, values: Record<string, string> = {}): void {
    part("question-title").textContent = title;
    part("question-text").textContent = this.t(text, values);
    part("question-ok").textContent = this.t(yes);
    part("question-cancel").textContent = this.t(no);
  }
}

export interface Choice<T> {
  title: string;
  detail: string;
  value: T;
}

export class ChoiceSheet {
  private readonly sheet = part<HTMLDialogElement>("choice");

  constructor() {
    part("choice-cancel").addEventListener("click", () => this.sheet.close());
  }

  ask<T>(title: string, choices: Choice<T>[], chosen: (value: T) => void): void {
    part("choice-title").textContent = title;
    part("choice-list").replaceChildren(...choices.map((choice) => this.row(choice, chosen)));
    if (!this.sheet.open) this.sheet.showModal();
  }

  private row<T>(choice: Choice<T>, chosen: (value: T) => void): HTMLElement {
    const take = (): void => {
      this.sheet.close();
      chosen(choice.value);
    };
    const button = element("button", { class: "choice", testid: "choice-row", onClick: take });
    button.append(element("bdi", { text: choice.title }), element("small", { text: choice.detail }));
    return element("li", {}, button);
  }
}

export class OutboxSheet {
  private readonly sheet = part<HTMLDialogElement>("outbox");

  constructor(
    private readonly t: Translate,
    private readonly store: Store,
    private readonly onChange: (sendNow: boolean) => void,
  ) {
    part("sync").addEventListener("click", () => void this.show());
    part("outbox-close").addEventListener("click", () => this.sheet.close());
    part("outbox-send").addEventListener("click", () => this.onChange(true));
  }

  drawState(queue: QueueState): void {
    part("outbox-state").textContent = this.t(`outbox_${queue}`);
    part("outbox-send").hidden = queue === "idle";
    if (this.sheet.open) void this.fill();
  }

  private async show(): Promise<void> {
    await this.fill();
    if (!this.sheet.open) this.sheet.showModal();
  }

  private async fill(): Promise<void> {
    const [parked, refused, waiting] = await Promise.all([
      this.store.parkedRows(),
      this.store.refusedRows(),
      this.store.waiting(100),
    ]);
    const lists = [this.parked(parked), this.refused(refused), this.waiting(waiting)].flat();
    part("outbox-lists").replaceChildren(...(lists.length > 0 ? lists : [element("p", { text: this.t("outbox_empty") })]));
  }

  private parked(rows: Parked[]): HTMLElement[] {
    const items = rows.map((row) => {
      const seen = (): void => void this.store.dismissParked(row.id).then(() => this.changed());
      const button = element("button", { class: "btn btn-outline-secondary", text: this.t("seen"), testid: "parked-seen", onClick: seen });
      return this.row(row.event, row.answer.message, "parked-row", button);
    });
    return this.section("list_parked", items);
  }

  private refused(rows: Row[]): HTMLElement[] {
    const items = rows.map((row) => this.row(row.event, row.refused ?? "", "refused-row"));
    const retry = (): void => void this.store.retryRefused().then(() => this.changed(true));
    const button = element("button", { class: "btn btn-outline-secondary", text: this.t("retry"), testid: "refused-retry", onClick: retry });
    return this.section("list_refused", items, button);
  }

  private waiting(rows: Row[]): HTMLElement[] {
    return this.section("list_waiting", rows.map((row) => this.row(row.event, "", "waiting-row")));
  }

  private section(title: string, items: HTMLElement[], ...after: HTMLElement[]): HTMLElement[] {
    if (items.length === 0) return [];
    return [element("h3", { class: "sheet-subtitle", text: this.t(title) }), element("ul", { class: "outbox-rows" }, ...items), ...after];
  }

  private row(event: Omit<ScanEvent, "sequence">, message: string, testid: string, ...after: HTMLElement[]): HTMLElement {
    const time = new Date(event.scanned_at).toLocaleTimeString(document.documentElement.lang);
    const what = element("span", { class: "outbox-what", text: this.t(`event_${event.kind}`) });
    if (event.raw) what.append(" ", element("bdi", { class: "line-code", text: event.raw }));
    const text = element("span", { class: "line-text" }, what, element("small", { text: time }));
    if (message) text.append(element("span", { class: "line-trouble", text: message }));
    return element("li", { class: "outbox-row", testid }, text, ...after);
  }

  private changed(sendNow = false): void {
    this.onChange(sendNow);
    void this.fill();
  }
}
