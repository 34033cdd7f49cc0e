/**
 * Joins the parts of the scan page: an input becomes an action, an action becomes stored events, then the person is
 * told, then the queue is woken.
 *
 * Law: everything that changes the state takes its turn, in the order in which it came; nothing is dropped as "busy".
 */

import { showAmount } from "./amount";
import type { Api } from "./api";
import type { Clock, Stamp } from "./clock";
import type { Answer, Choice, Config } from "./contract";
import type { Translate } from "./dom";
import { makeEvent } from "./events";
import type { Feedback } from "./feedback";
import type { Line } from "./lines";
import { exclusively, Queue, type QueueState } from "./queue";
import { decide, EMPTY, isUnclear, lineWith, nameOf, takeAnswers, takeBins, takeRefusal, takeSettled, whereWeAre } from "./stocktake";
import type { Action, Said, State } from "./stocktake";
import type { Row, Store } from "./store";
import { uuid7 } from "./uuid7";

const CLOCK_NOTE = "clock";
const KEEP_AFTER_MS = 250;

export interface AppParts {
  config: Config;
  t: Translate;
  store: Store;
  clock: Clock;
  api: Api;
  feedback: Feedback;
  onState(state: State): void;
  /** A code means several things: somebody has to choose. */
  onUnclear(raw: string, choices: Choice[]): void;
  onSync(queue: QueueState): void;
}

export class App {
  readonly queue: Queue;
  private state: State = EMPTY;
  private turn: Promise<void> = Promise.resolve();
  private lastSaid = "";
  private askedToKeep = false;
  private keeping: ReturnType<typeof setTimeout> | undefined;
  private readonly otherTabs = "BroadcastChannel" in window ? new BroadcastChannel("zhangshi-answers") : null;

  constructor(private readonly parts: AppParts) {
    this.queue = new Queue({
      outbox: {
        waiting: (limit) => parts.store.waiting(limit),
        settle: (answer) => parts.store.settle(answer),
        refuse: (row, reason) => this.refuse(row, reason),
      },
      send: (events) => parts.api.postScans(events),
      exclusively,
      onAnswers: (answers) => {
        this.otherTabs?.postMessage(answers);
        void this.inTurn(() => this.hear(answers));
      },
      onState: (state) => parts.onSync(state),
    });
    this.otherTabs?.addEventListener("message", ({ data }: MessageEvent<Answer[]>) => {
      void this.inTurn(() => this.hear(data));
    });
  }

  /** Take up where this phone left off, then everything that needs the server. */
  async start(): Promise<void> {
    await this.inTurn(() => this.restore());
    await this.refresh();
    await this.openSpot();
  }

  /** A spot count is of the bin that its counter stands before: it opens by itself, until somebody has opened it. */
  private async openSpot(): Promise<void> {
    const bin = this.state.bins.find(({ id, state }) => id === this.parts.config.spot && state === "waiting");
    if (bin && !this.hasOpenBin) await this.act({ type: "choose_bin", bin });
  }

  private async restore(): Promise<void> {
    const { store, clock } = this.parts;
    const [kept, measured] = await Promise.all([
      store.note<State>(this.stateNote).catch(() => undefined),
      store.note<Parameters<Clock["adopt"]>[0]>(CLOCK_NOTE).catch(() => undefined),
    ]);
    if (measured) clock.adopt(measured);
    const state = { ...EMPTY, ...kept, question: null, me: this.parts.config.name ?? null };
    this.show(takeSettled(state, await store.unanswered().catch(() => new Set<string>())));
    this.tell(whereWeAre(this.state));
  }

  /** When the page comes back: the time, the bins, and whatever waits. */
  async refresh(): Promise<void> {
    await Promise.all([this.measureClock(), this.refreshBins(), this.queue.poke()]);
  }

  get hasOpenBin(): boolean {
    return this.state.open !== null;
  }

  /** The time is taken here: what happens after may wait, the scan is now. */
  act(action: Action): Promise<void> {
    const stamp = this.parts.clock.stamp();
    return this.inTurn(() => this.perform(action, stamp));
  }

  /** Whatever the input: camera, scanner, photo or keypad. */
  take(raw: string, symbology: string | null): Promise<void> {
    return this.act({ type: "code", raw, symbology });
  }

  private async perform(action: Action, stamp: Stamp): Promise<void> {
    const outcome = decide(this.state, action, uuid7);
    if (outcome.drafts.length > 0) {
      const events = outcome.drafts.map((draft) => makeEvent(draft, this.parts.config, stamp));
      try {
        await this.parts.store.add(events, { key: this.stateNote, value: kept(outcome.state) });
      } catch (error) {
        console.error("store", error);
        return this.tell({ tone: "refused", text: "cannot_store" });
      }
      this.askToKeep();
    }
    this.show(outcome.state);
    if (outcome.said) this.tell(outcome.said);
    if (outcome.drafts.length > 0) void this.queue.poke();
  }

  /** Browsers clear what they were not asked to keep; asked once, and only when there is something to keep. */
  private askToKeep(): void {
    if (this.askedToKeep) return;
    this.askedToKeep = true;
    void navigator.storage?.persist?.();
  }

  private tell(said: Said): void {
    const id = said.values?.["id"] ?? "";
    const line = id ? lineWith(this.state.entries, id) : null;
    this.lastSaid = id;
    const text = this.parts.t(said.text, line ? lineValues(line) : said.values).trim();
    if (said.quiet || said.tone === "idle") this.parts.feedback.say(said.tone, text);
    else this.parts.feedback.give(said.tone, text);
  }

  private hear(answers: Answer[]): void {
    const before = this.state;
    this.show(takeAnswers(before, answers));
    if (this.state !== before) this.keepSoon();
    if (answers.some((answer) => answer.id === this.lastSaid)) this.retell(this.lastSaid);
    const parked = answers.filter((answer) => answer.status === "parked").pop();
    if (parked) this.park(parked);
    if (!this.hasOpenBin) void this.refreshBins();
  }

  private park(answer: Answer): void {
    this.parts.feedback.give("attention", answer.message);
    const unclear = this.state.entries.find((entry) => entry.id === answer.id && isUnclear(entry));
    if (unclear?.raw) this.parts.onUnclear(unclear.raw, answer.choices);
  }

  /** A person has said what a code means: what waited for it needs no other person. */
  async choose(raw: string, candidate: string): Promise<void> {
    const settled = this.state.entries.filter((entry) => entry.raw === raw && isUnclear(entry));
    await this.act({ type: "choose", raw, candidate });
    await Promise.all(settled.map((entry) => this.parts.store.dismissParked(entry.id)));
    this.show(this.state);
  }

  /** Now that the server has said what the code is, the line of text can name it. */
  private retell(id: string): void {
    if (lineWith(this.state.entries, id)) this.tell({ tone: "ok", text: "counted", values: { id }, quiet: true });
  }

  private async refuse(row: Row, reason: string): Promise<void> {
    await this.parts.store.refuse(row, reason);
    await this.inTurn(() => this.show(takeRefusal(this.state, row.id, reason)));
    this.keepSoon();
    this.parts.feedback.give("attention", reason);
  }

  private async measureClock(): Promise<void> {
    const found = await this.parts.clock.ask(() => this.parts.api.serverTime());
    if (found) await this.parts.store.keepNote(CLOCK_NOTE, found).catch(() => undefined);
  }

  /** The server's list is only newer than ours when it has heard everything from here. */
  async refreshBins(): Promise<void> {
    const heard = await this.parts.api.stocktake(this.parts.config.task.split(":")[1] ?? "");
    if (!heard) return;
    await this.inTurn(async () => {
      const counts = await this.parts.store.counts().catch(() => null);
      if (!counts?.waiting || this.state.bins.length === 0) this.show(takeBins(this.state, heard.bins));
    });
    this.keepSoon();
  }

  private show(state: State): void {
    this.state = state;
    this.parts.onState(state);
  }

  /** Answers come by the dozen: one note for all of them. */
  private keepSoon(): void {
    clearTimeout(this.keeping);
    const keep = (): Promise<void> => this.parts.store.keepNote(this.stateNote, kept(this.state));
    this.keeping = setTimeout(() => void this.inTurn(keep), KEEP_AFTER_MS);
  }

  private inTurn(work: () => void | Promise<void>): Promise<void> {
    this.turn = this.turn.then(work).catch((error: unknown) => console.error("scan page", error));
    return this.turn;
  }

  private get stateNote(): string {
    return `task ${this.parts.config.task}`;
  }
}

function kept(state: State): State {
  return { ...state, question: null };
}

export function lineValues(line: Line): Record<string, string> {
  return { name: nameOf(line), amount: showAmount(line.amount), unit: line.item?.unit ?? "" };
}
