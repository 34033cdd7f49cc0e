/** Draws the state: the head, the lines of the open bin or the list of bins, and which buttons make sense. */

import triangle from "bootstrap-icons/icons/exclamation-triangle.svg";
import hourglass from "bootstrap-icons/icons/hourglass-split.svg";
import { showAmount } from "./amount";
import type { Bin } from "./contract";
import { element, icon, part, type Translate } from "./dom";
import { linesOf, type Line } from "./lines";
import type { QueueState } from "./queue";
import { noticeOf, type Notice } from "./notice";
import { isOver, nameOf, type State } from "./state";
import { canUndo } from "./stocktake";
import type { Counts } from "./store";

export interface Taps {
  onLine(line: Line): void;
  onBin(bin: Bin): void;
}

export class View {
  private readonly idleTitle = part("title").textContent ?? "";
  private readonly drawn = new Map<string, Map<string, Drawn>>();

  constructor(
    private readonly t: Translate,
    private readonly taps: Taps,
  ) {}

  draw(state: State): void {
    const lines = linesOf(state.entries);
    const open = state.open !== null;
    const counting = open && !isOver(state);
    const notice = noticeOf(state);
    part("title").textContent = state.open?.code ?? this.idleTitle;
    part("lines").hidden = !open || lines.length === 0;
    part("lines-empty").hidden = !counting || lines.length > 0 || notice?.kind === "empty";
    part("bins").hidden = open || isOver(state);
    part<HTMLButtonElement>("undo").disabled = !canUndo(state);
    part<HTMLButtonElement>("quantity").disabled = !counting || lines.length === 0;
    part<HTMLButtonElement>("close-bin").disabled = !counting;
    for (const id of ["photo", "code"]) part<HTMLButtonElement>(id).disabled = isOver(state);
    this.notice(notice);
    this.list("lines", lines, (line) => line.key, (line) => this.line(line));
    this.list("bins", state.bins, (bin) => String(bin.id), (bin) => this.bin(bin));
  }

  drawSync(counts: Counts, queue: QueueState): void {
    const people = counts.parked + counts.refused;
    const state = queue === "signed_out" ? "signed_out" : counts.waiting === 0 ? "idle" : queue;
    part("sync").dataset["state"] = state;
    part("unsent-text").textContent =
      counts.waiting === 0 ? this.t("all_sent") : this.t("not_sent", { n: counts.waiting });
    part("unsent-text").dataset["count"] = String(counts.waiting);
    part("parked-part").hidden = people === 0;
    part("parked-text").textContent = this.t("needs_eyes", { n: people });
    part("parked-text").dataset["count"] = String(people);
    part("signed-out").hidden = queue !== "signed_out";
  }

  private notice(notice: Notice | null): void {
    part("notice").hidden = notice === null;
    part("notice-back").hidden = notice?.offers !== "back";
    part("confirm-empty").hidden = notice?.offers !== "empty";
    if (!notice) return;
    part("notice").dataset["notice"] = notice.kind;
    part("notice-title").textContent = this.t(`notice_${notice.kind}_title`, notice.values);
    part("notice-text").textContent = this.t(`notice_${notice.kind}_text`, notice.values);
  }

  /** A new version of the page waits; it is taken only when nothing of the old one's is unsent. */
  drawUpdate(offered: boolean, waiting: number): void {
    part("update").hidden = !offered;
    part<HTMLButtonElement>("update-now").disabled = waiting > 0;
    part("update-text").textContent = this.t(waiting > 0 ? "update_later" : "update_now");
  }

  /** The lines as they stand in the question before a bin is closed: nothing to tap. */
  plainLines(lines: readonly Line[]): HTMLElement[] {
    return lines.map((line) => element("li", { class: "scan-line" }, ...this.lineParts(line)));
  }

  private line(line: Line): HTMLElement {
    const button = element("button", { class: "scan-line", testid: "line", onClick: () => this.taps.onLine(line) });
    button.dataset["raw"] = line.raw;
    button.dataset["amount"] = showAmount(line.amount);
    button.dataset["state"] = line.trouble !== null ? "trouble" : line.waiting > 0 ? "waiting" : "sent";
    button.append(...this.lineParts(line));
    return element("li", {}, button);
  }

  private lineParts(line: Line): HTMLElement[] {
    const name = element("span", { class: "line-name", text: nameOf(line) });
    if (line.waiting > 0) name.append(this.mark(hourglass, "waiting_line"));
    const text = element("span", { class: "line-text" }, name);
    if (line.item) text.append(element("bdi", { class: "line-code", text: [line.raw, line.lot].filter(Boolean).join(" · ") }));
    if (line.trouble !== null) {
      text.append(element("span", { class: "line-trouble" }, icon(triangle), line.trouble));
    }
    const amount = element("span", { class: "line-amount", text: showAmount(line.amount) });
    if (line.item) amount.append(" ", element("small", { text: line.item.unit }));
    return [text, amount];
  }

  private mark(markup: string, sentence: string): HTMLElement {
    return element("span", { class: "line-mark" }, icon(markup), element("span", { class: "visually-hidden", text: this.t(sentence) }));
  }

  private bin(bin: Bin): HTMLElement {
    const button = element("button", { class: "scan-bin", testid: "bin", onClick: () => this.taps.onBin(bin) });
    button.dataset["code"] = bin.code;
    button.dataset["state"] = bin.state;
    const name = element("span", { class: "bin-name", text: bin.name === bin.code ? "" : bin.name });
    if (bin.own_recount && bin.state !== "closed") name.append(" ", this.t("bin_for_others"));
    else if (bin.mine && bin.state === "waiting") name.append(" ", element("span", { class: "badge tone-calm", text: this.t("bin_mine") }));
    else if (bin.assigned && bin.state === "waiting") name.append(" ", bin.assigned);
    const state = element("span", { class: `badge ${TONES[bin.state]}`, text: this.binState(bin) });
    button.append(element("bdi", { class: "bin-code", text: bin.code }), name, state);
    return element("li", {}, button);
  }

  private binState(bin: Bin): string {
    if (bin.state !== "open" || bin.counter === null) return this.t(`bin_state_${bin.state}`);
    return this.t("bin_state_open_by", { counter: bin.counter });
  }

  /** Redraw only what changed: a tap must not land on a button that was just replaced by its equal. */
  private list<T>(id: string, rows: readonly T[], key: (row: T) => string, make: (row: T) => HTMLElement): void {
    const before = this.drawn.get(id) ?? new Map<string, Drawn>();
    const after = new Map<string, Drawn>();
    for (const row of rows) {
      const looks = JSON.stringify(row);
      const old = before.get(key(row));
      after.set(key(row), old?.looks === looks ? old : { looks, node: make(row) });
    }
    this.drawn.set(id, after);
    place(part(id), [...after.values()].map((drawn) => drawn.node));
  }
}

interface Drawn {
  looks: string;
  node: HTMLElement;
}

const TONES: Record<Bin["state"], string> = { waiting: "tone-neutral", open: "tone-warn", closed: "tone-good" };

function place(list: HTMLElement, nodes: HTMLElement[]): void {
  const same = list.children.length === nodes.length && nodes.every((node, index) => list.children[index] === node);
  if (!same) list.replaceChildren(...nodes);
}
